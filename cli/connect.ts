import type { Command } from 'commander'
import { findAdminToken } from '../config/admin-token.ts'
import { loadConfig } from '../config/load.ts'
import { isLoopback, type Config } from '../config/schema.ts'
import { PorticoError } from '../runtime/errors.ts'
import { createClient, type Client } from '../selector/client.ts'
import type { Terminal } from './terminal.ts'

/** The options that every command understands. */
export interface GlobalOptions {
  readonly config?: string
  readonly url?: string
  readonly token?: string
  readonly json?: boolean
}

/** A client of the admin API that the options, the environment or the settings name. Rejects with `E_CONFIG`. */
export async function connect(command: Command, terminal: Terminal): Promise<Client> {
  const options = command.optsWithGlobals<GlobalOptions>()
  const url = options.url ?? (terminal.env['PORTICO_URL'] || undefined)
  const token = options.token ?? (terminal.env['PORTICO_TOKEN'] || undefined)
  if (url !== undefined && token !== undefined) return createClient({ url, token })
  const config = configOf(command, terminal)
  return createClient({ url: url ?? adminUrl(config), token: token ?? (await tokenOf(config)) })
}

/** The settings that a command works with. Throws `E_CONFIG`. */
export function configOf(command: Command, terminal: Terminal): Config {
  const { config: file } = command.optsWithGlobals<GlobalOptions>()
  return loadConfig({ env: terminal.env, ...(file !== undefined && { file }) }).config
}

/** Whether `--json` was given. */
export function wantsJson(command: Command): boolean {
  return command.optsWithGlobals<GlobalOptions>().json === true
}

function adminUrl({ listen: { admin } }: Config): string {
  const host = admin.host.includes(':') ? `[${admin.host}]` : admin.host
  return `${isLoopback(admin.host) ? 'http' : 'https'}://${host}:${admin.port}`
}

async function tokenOf(config: Config): Promise<string> {
  const found = await findAdminToken(config)
  if (found !== undefined) return found.token
  const step = 'start `portico up` once, or give it with --token or PORTICO_TOKEN'
  throw new PorticoError('E_CONFIG', `there is no admin token in ${config.dataDir}; ${step}`)
}
