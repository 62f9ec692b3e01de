import * as fc from 'fast-check'
import type { Health, ManagerState, MediaServer } from '../../selector/domain/media-server.ts'
import type { Policy } from '../../selector/domain/standing.ts'
import type { Store } from '../../selector/store/store.ts'
import { load, mediaServer } from './fleet.ts'

/** A server in some state: settings, what it told, what is reserved on it. */
export interface Member {
  readonly server: MediaServer
  readonly told:
    | {
        readonly waiting: number
        readonly inCall: number
        readonly clients: number
        readonly reconciled: boolean
        readonly state: ManagerState
        readonly age: number
      }
    | undefined
  readonly reserved: number
  /** Calls that ended just now, which older counters still show. */
  readonly ended: number
  readonly health: Health
  readonly ejectedFor: number
  readonly tried: boolean
}

const member = fc.record({
  capacity: fc.integer({ min: 0, max: 12 }),
  zone: fc.constantFrom('a', 'b'),
  weight: fc.constantFrom(undefined, undefined, 0.5, 2),
  maxCalls: fc.constantFrom(undefined, undefined, 3),
  wanted: fc.constantFrom('active', 'active', 'active', 'draining', 'disabled'),
  told: fc.option(
    fc.record({
      waiting: fc.nat(6),
      inCall: fc.nat(6),
      clients: fc.nat(4),
      reconciled: fc.constantFrom(true, true, true, false),
      state: fc.constantFrom('known', 'known', 'known', 'unknown', 'draining', 'hung', 'dead'),
      age: fc.constantFrom(0, 0, 3_000, 30_000, 120_000),
    }),
    { nil: undefined },
  ),
  reserved: fc.nat(4),
  ended: fc.constantFrom(0, 0, 1, 5),
  health: fc.constantFrom('up', 'up', 'unknown', 'down', 'stopping', 'ejected'),
  ejectedFor: fc.constantFrom(50_000, -50_000),
  tried: fc.constantFrom(false, false, false, true),
})

/** Up to 16 servers in any states. */
export const fleets = fc
  .uniqueArray(fc.tuple(fc.stringMatching(/^[a-z0-9_.-]{1,4}$/), member), {
    selector: ([id]) => id,
    maxLength: 16,
  })
  .map(rows => rows.map(([id, row]) => memberOf(id, row)))

/** By which they are chosen. */
export const policies: fc.Arbitrary<Policy> = fc
  .record({
    utilisation: fc.constantFrom('expected', 'expected', 'in-call'),
    rho: fc.double({ min: 0, max: 1, noNaN: true }),
    zone: fc.constantFrom(undefined, 'a', 'c'),
    spillAt: fc.constantFrom(undefined, 0.3),
    ramp: fc.constantFrom(undefined, { windowMs: 60_000, fromPerSec: 1, toPerSec: 10 }),
  })
  .map(({ utilisation, rho, zone, spillAt, ramp }) => ({
    utilisation,
    rho,
    ...(zone && { zone }),
    ...(spillAt && { spillAt }),
    ...(ramp && { ramp }),
  }))

type Row = typeof member extends fc.Arbitrary<infer T> ? T : never

function memberOf(id: string, { capacity, zone, weight, maxCalls, wanted, ...row }: Row): Member {
  const optional = { ...(weight !== undefined && { weight }), ...(maxCalls !== undefined && { maxCalls }) }
  return { server: mediaServer(id, { capacity, zone, wanted, ...optional }), ...row }
}

/** Brings the store to the state that the fleet describes. */
export async function fill(store: Store, fleet: readonly Member[], at: number): Promise<void> {
  const ids = fleet.map(({ server }) => server.id)
  for (const { server } of fleet) await store.servers.put(mediaServer(server.id))
  for (const { server, reserved, ended } of fleet) {
    await store.ledger.putLoad(server.id, load())
    const exclude = ids.filter(id => id !== server.id)
    for (const call of endedOn(server, ended)) {
      await store.ledger.reserve({ call, exclude, chance: 0, at: at - 200_000, ttlMs: 60_000 })
      await store.ledger.settle(call)
    }
    for (let i = 0; i < reserved; i++) {
      await store.ledger.reserve({ call: `${server.id}/${i}`, exclude, chance: 0, at, ttlMs: 60_000 })
    }
  }
  for (const { server, health, ejectedFor, told, ended } of fleet) {
    const until = health === 'ejected' ? at + ejectedFor : 0
    await store.ledger.putHealth(server.id, { health, until })
    const { age = 0, ...numbers } = told ?? { reconciled: false }
    await store.ledger.putLoad(server.id, load({ ...numbers, takenAt: at - age }))
    for (const call of endedOn(server, ended)) await store.ledger.end(call)
    await store.servers.put(server)
  }
}

function endedOn({ id }: MediaServer, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${id}/ended/${index}`)
}
