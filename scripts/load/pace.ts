/**
 * Calls `task` `rate` times a second on a fixed schedule, whatever the tasks do: after a stall what is due is done at once.
 * The returned function ends it.
 */
export function atRate(rate: number, task: () => void): () => void {
  const begun = performance.now()
  let done = 0
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - begun) * rate) / 1000)
    for (; done < due; done++) task()
  }, 1)
  return () => clearInterval(timer)
}
