/** Which applications want which method; each method has its own round robin. */
export class Routes<App> {
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

  /** The application whose turn it is. */
  next(method: string): App | undefined {
    const route = this.#verbs.get(method.toLowerCase())
    if (route === undefined) return undefined
    route.turn = (route.turn + 1) % route.apps.length
    return route.apps[route.turn]
  }
}
