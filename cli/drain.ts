import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import type { Client } from '../selector/client.ts'
import type { ServerOutput } from '../selector/contract.ts'
import { connect, wantsJson } from './connect.ts'
import { printJson } from './print.ts'
import type { Terminal } from './terminal.ts'

/** `portico servers drain <id>`: no new agents; with `--wait` until nobody is left. */
export function registerDrain(servers: Command, terminal: Terminal): void {
  servers
    .command('drain <id>')
    .description('Give it no new agents; calls in progress go on.')
    .option('--move', 'move agents who are in no call to other servers')
    .option('--wait', 'tell who is left, and end when nobody is')
    .action(async (id: string, { move = false, wait = false }: DrainOptions, command: Command) => {
      const client = await connect(command, terminal)
      const server = await client.servers.order(id, 'drain', move)
      const isJson = wantsJson(command)
      if (!isJson) terminal.out(`${server.id} draining`)
      const last = wait ? await untilEmpty(client, server, isJson ? undefined : terminal) : server
      if (isJson) printJson(terminal, last)
      else if (wait) terminal.out(`${server.id} is empty`)
    })
}

interface DrainOptions {
  readonly move?: boolean
  readonly wait?: boolean
}

/** How many agents are still there, and of these how many wait, are in a call, or are on their way. */
interface Left {
  readonly waiting: number
  readonly inCall: number
  readonly reserved: number
  readonly total: number
}

async function untilEmpty(
  client: Client,
  server: ServerOutput,
  terminal: Terminal | undefined,
): Promise<ServerOutput> {
  const begun = Date.now()
  const first = leftOn(server)
  let told = ''
  for (let now = server; ; now = await client.servers.get(server.id)) {
    const left = leftOn(now)
    if (left.total === 0 && now.state?.load?.reconciled !== false) return now
    const line = `${left.waiting} waiting, ${left.inCall} in call, ${left.reserved} coming`
    if (line !== told) terminal?.out(`${line}; ${etaOf(first.total, left.total, Date.now() - begun)}`)
    told = line
    await sleep(everyMs)
  }
}

function leftOn({ state }: ServerOutput): Left {
  const { waiting = 0, inCall = 0, clients = 0 } = state?.load ?? {}
  const reserved = state?.reserved ?? 0
  return { waiting, inCall, reserved, total: waiting + Math.max(inCall, clients) + reserved }
}

/** When nobody will be left, if they go on leaving as they did so far. */
function etaOf(first: number, left: number, elapsedMs: number): string {
  const gone = first - left
  if (gone <= 0) return 'nobody has left yet'
  const seconds = Math.ceil((left * elapsedMs) / gone / 1_000)
  return seconds < 120 ? `empty in about ${seconds} s` : `empty in about ${Math.round(seconds / 60)} min`
}

const everyMs = 1_000
