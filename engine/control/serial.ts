/**
 * Runs tasks one after the other: a task that is given while another runs waits for its end. So the reply to an order
 * is always written before what the order caused is told. What a task throws goes to `failed`; the others run on.
 */
export function createSerial(failed: (cause: unknown) => void): (task: () => void) => void {
  const waiting: (() => void)[] = []
  let running = false
  return task => {
    waiting.push(task)
    if (running) return
    running = true
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      try {
        next()
      } catch (cause) {
        failed(cause)
      }
    }
    running = false
  }
}
