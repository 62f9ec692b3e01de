/** Runs `task` at each SIGHUP until the returned function is called. */
export function onHangUp(task: () => void): () => void {
  process.on('SIGHUP', task)
  return () => process.off('SIGHUP', task)
}

/**
 * Runs what `start` starts until the first SIGINT or SIGTERM, which may come while it is starting, and then what `start` resolved to. A second
 * signal ends the process at once.
 */
export async function untilSignal(start: () => Promise<() => Promise<void>>): Promise<void> {
  // The sockets keep the process alive; this only keeps the promise from being the last thing in it.
  const alive = setInterval(() => undefined, 60_000)
  const signalled = firstSignal()
  try {
    const stop = await start()
    await signalled
    await stop()
  } finally {
    clearInterval(alive)
  }
}

function firstSignal(): Promise<void> {
  return new Promise(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(1))
        resolve()
      })
    }
  })
}
