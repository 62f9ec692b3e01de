/**
 * Tells a door that was just started of the lab's servers, a demo agent and a demo trunk, and writes what the user is
 * told to `demo.txt`. Usage: seed-demo.ts STATE_DIR
 */
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { ensureAdminToken } from '../config/admin-token.ts'
import { loadConfig } from '../config/load.ts'
import { PorticoError } from '../runtime/errors.ts'
import { createClient, type Client } from '../selector/client.ts'

const labSchema = z.object({
  servers: z.array(
    z.object({
      id: z.string(),
      sip: z.object({ host: z.string(), port: z.int(), transport: z.enum(['udp', 'tcp']) }),
      ami: z.object({ host: z.string(), port: z.int(), username: z.string(), secret: z.string() }),
      capacity: z.int(),
    }),
  ),
})

const stateDir = process.argv[2] ?? '.portico'
const { config } = loadConfig({ file: join(stateDir, 'portico.yaml') })
const url = `http://${config.listen.admin.host}:${config.listen.admin.port}`

await untilReady(`${url}/readyz`)
const { token } = await ensureAdminToken(config)
const client = createClient({ url, token })
await seedServers(client)
const password = await seedAgent(client)
if (!(await client.trunks.list()).some(({ id }) => id === 'demo')) {
  await client.trunks.add({ id: 'demo', addresses: ['127.0.0.2'] })
}
const { port } = config.listen.public
writeFileSync(
  join(stateDir, 'demo.txt'),
  `
The front door is open.

  softphone   https://localhost:${port}/    agent 1001, password ${password}
              (the browser will warn: the certificate is a self-signed one for development)
  carriers    sip:1001@${config.listen.trunk.host}:${config.listen.trunk.port} from 127.0.0.2
  admin API   ${url}/api/v1    bearer token in ${join(config.dataDir, 'admin-token')}
  log         ${join(stateDir, 'portico.log')}

  node dist/cli/main.js servers ls --config ${join(stateDir, 'portico.yaml')}
  scripts/lab exec --name demo ms-1 confbridge list
  scripts/start down
`,
)

async function untilReady(readyUrl: string): Promise<void> {
  for (let attempt = 0; attempt < 150; attempt++) {
    const ready = await fetch(readyUrl).catch(() => undefined)
    if (ready?.ok) return
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  throw new PorticoError('E_API', `${readyUrl} was not ready within 15 s`)
}

async function seedServers(to: Client): Promise<void> {
  const lab = labSchema.parse(JSON.parse(readFileSync(join(stateDir, 'lab.json'), 'utf8')))
  const known = new Set((await to.servers.list()).map(({ id }) => id))
  for (const { id, sip, ami, capacity } of lab.servers) {
    if (known.has(id)) await to.servers.change(id, { sip, ami, capacity })
    else await to.servers.add({ id, sip, ami, capacity })
  }
}

/** The demo agent's password outlives restarts, as a user would expect. */
async function seedAgent(to: Client): Promise<string> {
  const file = join(stateDir, 'demo-password')
  const kept = existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined
  const chosen = kept ?? randomBytes(9).toString('base64url')
  if (kept === undefined) writeFileSync(file, `${chosen}\n`, { mode: 0o600 })
  const known = (await to.agents.list()).some(({ id }) => id === '1001')
  if (known) await to.agents.change('1001', { password: chosen })
  else await to.agents.add({ id: '1001', name: 'Demo', password: chosen })
  return chosen
}
