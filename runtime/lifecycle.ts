/** A part of a process that is started and stopped. `stop` may be called once, after a start that ended either way. */
export interface Part {
  readonly name: string
  start(): Promise<void>
  stop(): Promise<void>
}

/**
 * Starts `parts` in order and returns the function that stops them in reverse order. A part that fails to start stops
 * those before it and its error is thrown. A part that fails to stop never keeps the others from stopping.
 */
export async function startAll(
  parts: readonly Part[],
  onStopError: (part: string, cause: unknown) => void = () => undefined,
): Promise<() => Promise<void>> {
  const started: Part[] = []
  const stopAll = async (): Promise<void> => {
    for (const part of started.splice(0).toReversed()) {
      await part.stop().catch((cause: unknown) => onStopError(part.name, cause))
    }
  }
  for (const part of parts) {
    started.push(part)
    await part.start().catch(async (cause: unknown) => {
      await stopAll()
      throw cause
    })
  }
  return stopAll
}
