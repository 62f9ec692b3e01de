import { useEffect, useState } from 'preact/hooks'

/** Anything that has a value now and tells when it has another. */
export interface Watchable<T> {
  value(): T
  watch(watcher: () => void): () => void
}

/** The present value; the component is drawn again when it changes. */
export function useWatched<T>(source: Watchable<T>): T {
  const [value, setValue] = useState(() => source.value())
  useEffect(() => {
    const update = (): void => setValue(() => source.value())
    update()
    return source.watch(update)
  }, [source])
  return value
}

/** A value that is set from outside the page. */
export class Watched<T> implements Watchable<T> {
  #value: T
  readonly #watchers = new Set<() => void>()

  constructor(value: T) {
    this.#value = value
  }

  value(): T {
    return this.#value
  }

  set(value: T): void {
    this.#value = value
    for (const watcher of this.#watchers) watcher()
  }

  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }
}
