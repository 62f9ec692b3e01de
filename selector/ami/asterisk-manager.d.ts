/** What `link.ts` uses of asterisk-manager 0.2.0, which has no types of its own. */
declare module 'asterisk-manager' {
  import type { NetConnectOpts } from 'node:net'

  namespace Manager {
    /** One message as the library parsed it: lower-case names; lists when a name came several times. */
    type Item = Readonly<Record<string, unknown>>

    /** One connection. `on` and its like are those of an EventEmitter that the library keeps to itself. */
    interface Connection {
      on(event: 'rawevent', listener: (item: Item) => void): void
      listeners(event: string): ((...args: unknown[]) => void)[]
      removeListener(event: string, listener: (...args: unknown[]) => void): void
      emit(event: string, ...args: unknown[]): boolean
      action(fields: Record<string, unknown>): string
    }
  }

  /** Connects, and logs in as soon as it is connected. `port` is handed to `net.createConnection` as it is. */
  function Manager(
    port: NetConnectOpts,
    host: undefined,
    username: string,
    password: string,
    events: boolean,
  ): Manager.Connection

  export = Manager
}
