/** A process full of agents: connects and registers them, lets them call at a rate, counts what comes of it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../../runtime/errors.ts'
import { serve } from '../bench/remote.ts'
import { LoadAgent, type CallResult } from './agent.ts'
import { atRate } from './pace.ts'

/** What the process can be asked. */
export interface AgentsService {
  readonly connect: (order: ConnectOrder) => Promise<Connected>
  readonly begin: (order: { readonly rate: number; readonly holdMs: number }) => void
  /** What has happened since it was asked last. */
  readonly take: () => Counts
  /** No new calls; resolves when the running ones are over or have been given up. */
  readonly finish: () => Promise<void>
  readonly close: () => void
}

export interface ConnectOrder {
  readonly url: string
  readonly domain: string
  readonly password: string
  readonly agents: readonly string[]
  readonly addresses: readonly string[]
  /** How many connect at the same time. */
  readonly atOnce: number
  /** False where there is no registrar: connected is enough. */
  readonly registers: boolean
}

/** How many agents got in, how long that took, and why they were turned away before, each as often as it was. */
export interface Connected {
  readonly registered: number
  readonly ms: number
  readonly reasons: Readonly<Record<string, number>>
}

/** Of the calls that ended. */
export interface Counts {
  readonly completed: number
  readonly failed: number
  /** Calls that were due while every agent was on the phone. */
  readonly starved: number
  readonly retransmissions: number
  readonly setupMs: readonly number[]
  readonly reasons: Readonly<Record<string, number>>
}

const patienceMs = 10_000
const mostAttempts = 7
const agents: LoadAgent[] = []
let counts = emptyCounts()
let next = 0
let endPace: () => void = () => undefined

serve<AgentsService>({ connect, begin, take, finish, close: () => agents.forEach(agent => agent.close()) })

async function connect(order: ConnectOrder): Promise<Connected> {
  const { url, domain, password, addresses, atOnce, registers } = order
  const waiting = order.agents.map((agent, at) => {
    const localAddress = addresses[at % addresses.length] ?? '127.0.0.1'
    return new LoadAgent({ url, domain, password, agent, localAddress })
  })
  const reasons: Record<string, number> = {}
  const before = agents.length
  const begun = performance.now()
  const worker = async (): Promise<void> => {
    for (let agent = waiting.pop(); agent !== undefined; agent = waiting.pop()) {
      if (await login(agent, registers, reasons)) agents.push(agent)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return { registered: agents.length - before, ms: performance.now() - begun, reasons }
}

/** Tries again when it is turned away, as a softphone does; false when it never got in. */
async function login(
  agent: LoadAgent,
  registers: boolean,
  reasons: Record<string, number>,
): Promise<boolean> {
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    try {
      await agent.connect()
      if (registers) await agent.register()
      return true
    } catch (cause) {
      agent.close()
      count(reasons, messageOf(cause).replaceAll(/:\d+/g, ''))
      await sleep(Math.min(15_000, 500 * 2 ** attempt) * (1 - Math.random() / 2))
    }
  }
  return false
}

function begin({ rate, holdMs }: { rate: number; holdMs: number }): void {
  endPace()
  const stopCalls = atRate(rate, () => callOne(holdMs))
  const sweep = setInterval(() => agents.forEach(agent => agent.expire(performance.now(), patienceMs)), 500)
  endPace = () => {
    stopCalls()
    clearInterval(sweep)
  }
}

function callOne(holdMs: number): void {
  for (let tried = 0; tried < agents.length; tried++) {
    next = (next + 1) % agents.length
    const agent = agents[next]
    if (agent?.isIdle === true) return agent.call(holdMs, ended)
  }
  counts.starved += 1
}

function ended({ ok, setupMs, reason }: CallResult): void {
  if (ok) {
    counts.completed += 1
    counts.setupMs.push(setupMs)
  } else {
    counts.failed += 1
    count(counts.reasons, reason)
  }
}

function take(): Counts {
  const taken = counts
  counts = emptyCounts()
  for (const agent of agents) {
    taken.retransmissions += agent.copies
    agent.copies = 0
  }
  return taken
}

async function finish(): Promise<void> {
  endPace()
  endPace = () => undefined
  const deadline = performance.now() + patienceMs
  while (agents.some(agent => !agent.isIdle)) {
    const now = performance.now()
    if (now > deadline) agents.forEach(agent => agent.expire(now, 0))
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

function emptyCounts(): { -readonly [K in keyof Counts]: Counts[K] } & {
  setupMs: number[]
  reasons: Record<string, number>
} {
  return { completed: 0, failed: 0, starved: 0, retransmissions: 0, setupMs: [], reasons: {} }
}

function count(reasons: Record<string, number>, reason: string): void {
  reasons[reason] = (reasons[reason] ?? 0) + 1
}
