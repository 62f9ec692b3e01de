const started = performance.now()

/** One line for whoever waits, with the seconds since the start, on standard error. */
export function progress(text: string): void {
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  process.stderr.write(`[${seconds.padStart(5)} s] ${text}\n`)
}
