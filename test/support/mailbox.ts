/** The member of a union with that kind; the type itself when its kinds are not known by name. */
type Of<T extends { readonly kind: string }, Kind extends T['kind']> = string extends T['kind']
  ? T
  : Extract<T, { kind: Kind }>

/** What has been told and not yet taken, for tests that wait for events instead of sleeping. */
export class Mailbox<T extends { readonly kind: string }> {
  readonly #waiting: T[] = []
  #arrived: () => void = () => undefined

  put(item: T): void {
    this.#waiting.push(item)
    this.#arrived()
  }

  /** Takes the first item of that kind, now or when it comes; rejects when none comes for five seconds. */
  async next<Kind extends T['kind']>(kind: Kind): Promise<Of<T, Kind>> {
    for (;;) {
      const at = this.#waiting.findIndex(item => item.kind === kind)
      const found = this.#waiting[at]
      if (found !== undefined && isOf(found, kind)) {
        this.#waiting.splice(at, 1)
        return found
      }
      await this.#arrival(kind)
    }
  }

  /** The kinds of what waits. */
  kinds(): readonly string[] {
    return this.#waiting.map(({ kind }) => kind)
  }

  #arrival(kind: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const guard = setTimeout(() => {
        reject(new Error(`no ${kind} came; waiting: ${this.kinds().join(', ') || 'nothing'}`))
      }, 5000)
      this.#arrived = () => {
        clearTimeout(guard)
        resolve()
      }
    })
  }
}

function isOf<T extends { readonly kind: string }, Kind extends T['kind']>(
  item: T,
  kind: Kind,
): item is Of<T, Kind> {
  return item.kind === kind
}
