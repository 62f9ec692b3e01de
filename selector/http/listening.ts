import type { Server } from 'node:http'
import type { ServerType } from '@hono/node-server'
import { messageOf, PorticoError } from '../../runtime/errors.ts'

/** Where a server listens, and the setting that says so. */
export interface Listening {
  /** E.g. `listen.admin`, with `host` and `port` below it. */
  readonly setting: string
  readonly host: string
  readonly port: number
}

/** Opens a server. Rejects with `E_PORT_IN_USE` or `E_LISTEN`, which name the setting to change. */
export async function openServer(
  server: ServerType | Server,
  { setting, host, port }: Listening,
): Promise<void> {
  const failure = await new Promise<Error | undefined>(resolve => {
    server.once('error', resolve)
    server.listen(port, host, () => resolve(undefined))
  })
  if (failure === undefined) return
  const inUse = 'code' in failure && failure.code === 'EADDRINUSE'
  const step = `set ${setting}.host or ${setting}.port to another`
  const detail = `${setting}: cannot listen on ${host}:${port}: ${messageOf(failure)}; ${step}`
  throw new PorticoError(inUse ? 'E_PORT_IN_USE' : 'E_LISTEN', detail, { cause: failure })
}

/** Host and port of an open server as they stand in a URL; those of the settings when it is closed. */
export function hostPortOf(
  server: ServerType | Server | undefined,
  { host, port }: Omit<Listening, 'setting'>,
): string {
  const address = server?.address()
  const bound = typeof address === 'object' && address !== null ? address.port : port
  return `${host.includes(':') ? `[${host}]` : host}:${bound}`
}

/** Closes a server with all its connections. */
export async function closeServer(server: ServerType | Server): Promise<void> {
  await new Promise<void>(resolve => {
    server.close(() => resolve())
    if ('closeAllConnections' in server) server.closeAllConnections()
  })
}
