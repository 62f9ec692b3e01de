import type { App } from './book.ts'

/** Which applications want which method or record of calls; each has its own round robin. */
export class Routes {
  readonly #verbs = new Map<string, { readonly apps: App[]; turn: number }>()

  /** Asking twice changes nothing: drachtio-srf repeats all its routes with every new handler. */
  add(verb: string, app: App): void {
    const route = this.#verbs.get(verb)
    if (route === undefined) this.#verbs.set(verb, { apps: [app], turn: 0 })
    else if (!route.apps.includes(app)) route.apps.push(app)
  }

  remove(verb: string, app: App): void {
    const route = this.#verbs.get(verb)
    const at = route?.apps.indexOf(app) ?? -1
    if (route === undefined || at < 0) return
    route.apps.splice(at, 1)
    if (route.apps.length === 0) this.#verbs.delete(verb)
  }

  drop(app: App): void {
    for (const verb of this.#verbs.keys()) this.remove(verb, app)
  }

  /** The application whose turn it is, among those that `fits` lets pass. */
  next(verb: string, fits: (app: App) => boolean = anyone): App | undefined {
    const route = this.#verbs.get(verb.toLowerCase())
    if (route === undefined) return undefined
    const { apps, turn } = route
    for (let step = 1; step <= apps.length; step += 1) {
      const at = (turn + step) % apps.length
      const app = apps[at]
      if (app === undefined || !fits(app)) continue
      route.turn = at
      return app
    }
    return undefined
  }

  /**
   * Who takes over what `gone` has left behind: an application with one of its tags. When it had none, one without tags, or any.
   * Whoever wants the method itself goes before those who only want calls: drachtio-srf asks for calls and not for what belongs to them.
   */
  heir(gone: App | undefined, method: string): App | undefined {
    const tags = gone?.tags ?? []
    const kin = (app: App): boolean =>
      tags.length === 0 ? app.tags.length === 0 : app.tags.some(tag => tags.includes(tag))
    for (const fits of tags.length === 0 ? [kin, anyone] : [kin]) {
      for (const verb of [method, 'invite', 'subscribe']) {
        const app = this.next(verb, fits)
        if (app !== undefined) return app
      }
    }
    return undefined
  }
}

function anyone(): boolean {
  return true
}
