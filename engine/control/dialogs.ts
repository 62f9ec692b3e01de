import type { ListenerAddress } from '../api.ts'
import type { App } from './book.ts'
import { FlowIndex } from './flow-index.ts'

/** What is known of a dialog besides its application. What a later word leaves out stays as it was. */
export interface DialogFacts {
  /** The listener that stands for us in it. */
  readonly face?: ListenerAddress | undefined
  /** The URI of the peer's Contact. */
  readonly contact?: string | undefined
  /** The connection over which the peer was heard last. */
  readonly flow?: string | undefined
}

interface Owned extends DialogFacts {
  /** Gone or not: whoever comes back is known by its tags. */
  readonly app: App
}

/** The application of each dialog. The oldest is forgotten above the limit; its requests are then routed like new ones. */
export class Dialogs {
  readonly #limit: number
  readonly #owned = new Map<string, Owned>()
  readonly #byFlow = new FlowIndex()

  constructor(limit: number) {
    this.#limit = limit
  }

  get size(): number {
    return this.#owned.size
  }

  /** The last owner, whether it is still connected or not. */
  owner(dialog: string): App | undefined {
    return this.#owned.get(dialog)?.app
  }

  facts(dialog: string): DialogFacts {
    return this.#owned.get(dialog) ?? {}
  }

  own(dialog: string, app: App, facts: DialogFacts = {}): void {
    const before = this.#owned.get(dialog)
    const owned = {
      app,
      face: facts.face ?? before?.face,
      contact: facts.contact ?? before?.contact,
      flow: facts.flow ?? before?.flow,
    }
    this.#byFlow.move(dialog, before?.flow, owned.flow)
    this.#owned.set(dialog, owned)
    if (this.#owned.size <= this.#limit) return
    for (const oldest of this.#owned.keys()) return this.end(oldest)
  }

  end(dialog: string): void {
    this.#byFlow.move(dialog, this.#owned.get(dialog)?.flow, undefined)
    this.#owned.delete(dialog)
  }

  /** The dialogs whose peer was heard over that connection last. */
  over(flow: string): readonly string[] {
    return this.#byFlow.of(flow)
  }
}
