/** Runs `task` at each SIGHUP until the returned function is called. */
export function onHangUp(task: () => void): () => void {
  process.on('SIGHUP', task)
  return () => process.off('SIGHUP', task)
}

/** Resolves at the first SIGINT or SIGTERM; a second one ends the process at once. */
export async function untilSignal(): Promise<void> {
  // The sockets keep the process alive; this only keeps the promise from being the last thing in it.
  const alive = setInterval(() => undefined, 60_000)
  await new Promise<void>(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(1))
        resolve()
      })
    }
  })
  clearInterval(alive)
}
