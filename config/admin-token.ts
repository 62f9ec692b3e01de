import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { readFileIfAny, writePrivateFile } from './private-file.ts'
import type { Config } from './schema.ts'

/** The bearer token of the admin API, and the file that holds it when it is not a setting. */
export interface AdminToken {
  readonly token: string
  readonly file?: string
}

/** The token in force, if there is one yet: `admin.token`, else the one kept in dataDir. */
export async function findAdminToken(config: Config): Promise<AdminToken | undefined> {
  if (config.admin.token !== undefined) return { token: config.admin.token }
  const file = tokenFile(config)
  const token = (await readFileIfAny(file, 'dataDir'))?.trim()
  return token ? { token, file } : undefined
}

/** The token in force; the first start without `admin.token` makes one. */
export async function ensureAdminToken(config: Config): Promise<AdminToken> {
  const known = await findAdminToken(config)
  if (known !== undefined) return known
  const made = { token: randomBytes(24).toString('base64url'), file: tokenFile(config) }
  await writePrivateFile(made.file, `${made.token}\n`)
  return made
}

function tokenFile({ dataDir }: Config): string {
  return join(dataDir, 'admin-token')
}
