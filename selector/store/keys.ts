/**
 * Every Redis key of a fleet. All share one hash tag, so that one script may touch several of them on a cluster.
 *
 * | key                    | type   | holds                                                            | lives                   |
 * |------------------------|--------|------------------------------------------------------------------|-------------------------|
 * | `servers`              | hash   | id → `{"version":n,"item":MediaServer}`                          | until removed           |
 * | `agents`, `trunks`, `routes` | hash | the same for agents, trunks and routes                        | until removed           |
 * | `versions`             | hash   | collection → number of writes so far                             | always                  |
 * | `changes`              | pubsub | the name of a collection, after each write                       | –                       |
 * | `orders`               | pubsub | orders to the doors and their outcomes, as JSON                  | –                       |
 * | `door-talk`            | pubsub | what doors tell each other, as JSON                              | –                       |
 * | `load:<server>`        | hash   | the numbers of `Load`, `reconciled` 1/0, `health`, `until`, `ejections`, `warmSince`, `nextAt`, `fence` | 1 h after the last word |
 * | `reservations:<server>`| zset   | call → expiry, wall-clock milliseconds                           | 1 min after the last    |
 * | `reservation:<call>`   | string | the server; empty once it is released                            | its TTL; then 1 min     |
 * | `ended:<server>`       | zset   | call that its counters show → when it ended, wall-clock milliseconds | 1 h after the last   |
 * | `rank:<standing>:<zone>` | zset | server → load, of the servers that stand so; made of the others  | always                  |
 * | `ranked`               | hash   | server → `<standing>:<zone>`, where it is in those               | always                  |
 * | `zones`                | zset   | every zone, all with score 0                                     | always                  |
 * | `taken`                | zset   | server → when its counters were taken, if they matter            | always                  |
 * | `wake`                 | zset   | server → when it may stand elsewhere by the passing of time      | always                  |
 * | `ejected`              | zset   | server → until when it gets no calls                             | always                  |
 * | `decisions`            | stream | `Decision` as JSON in the field `decision`                       | trimmed to the last     |
 * | `cdr`                  | stream | a call record as JSON in the field `record`                      | trimmed to the last     |
 * | `decision:<call>`      | list   | ids in `decisions`                                               | 1 day                   |
 * | `pin:<agent>`          | string | `Pin` as JSON                                                    | 60 s, renewed by owner  |
 * | `attendance:<agent>`   | hash   | `call`, `server`, `lines` of an agent that is in its conference  | 60 s, renewed by owner  |
 * | `clients:<agent>`      | zset   | client with the agent → until when that holds                    | until the last expires  |
 * | `line:<name>`          | zset   | agent that waits → since when, wall-clock milliseconds           | while somebody waits    |
 * | `binding:<agent>`      | hash   | Contact → `Binding` as JSON                                      | until the last expires  |
 * | `sessions:<door>`      | hash   | id → `Session` as JSON                                           | 30 s, renewed by owner  |
 * | `doors`                | zset   | door → until when it lives without another sign, wall-clock milliseconds | 8 s, renewed every 2 s by its process; trimmed by all |
 * | `dial:<call>`          | hash   | `order`: `DialOrder` as JSON, `news`: `DialNews` as JSON, `rank` of its state, `holds`: whose limits it counts under, as JSON | `dialOut.keepSec` |
 * | `dial-reference:<agent>:<reference>` | string | the call                                             | as long                 |
 * | `dialling:<agent or group>` | zset | call → until when it counts as one, wall-clock milliseconds     | until the last expires  |
 * | `dialled:<agent or group>`  | zset | call → when it was ordered, wall-clock milliseconds             | 1 h after the last      |
 * | `credential:<user>`    | string | `Credential` as JSON                                             | until it expires        |
 * | `lease:<name>`         | string | the holder                                                       | the lease's TTL         |
 * | `fence:<name>`         | string | that of its last holder: at least the time when it got the lease  | always                  |
 */
export interface Keys {
  readonly prefix: string
  readonly versions: string
  readonly changes: string
  readonly orders: string
  readonly doorTalk: string
  readonly doors: string
  /** Where each server is in the order of loads. */
  readonly ranked: string
  readonly decisions: string
  readonly records: string
  collection(name: CollectionName): string
  load(server: string): string
  reservations(server: string): string
  reservation(call: string): string
  ended(server: string): string
  decision(call: string): string
  pin(agent: string): string
  clients(agent: string): string
  binding(agent: string): string
  sessions(door: string): string
  dial(call: string): string
  dialReference(agent: string, reference: string): string
  /** `whose`: `agent.<id>` or `group.<id>`. */
  dialling(whose: string): string
  dialled(whose: string): string
  credential(user: string): string
  lease(name: string): string
  fence(name: string): string
}

/** The collections that an operator writes. */
export type CollectionName = 'servers' | 'agents' | 'trunks' | 'routes'

/** The keys of the fleet called `fleet`. */
export function keysOf(fleet: string): Keys {
  const prefix = `portico:{${part(fleet)}}:`
  return {
    prefix,
    versions: `${prefix}versions`,
    changes: `${prefix}changes`,
    orders: `${prefix}orders`,
    doorTalk: `${prefix}door-talk`,
    doors: `${prefix}doors`,
    ranked: `${prefix}ranked`,
    decisions: `${prefix}decisions`,
    records: `${prefix}cdr`,
    decision: call => `${prefix}decision:${part(call)}`,
    collection: name => prefix + name,
    load: server => `${prefix}load:${part(server)}`,
    reservations: server => `${prefix}reservations:${part(server)}`,
    reservation: call => `${prefix}reservation:${part(call)}`,
    ended: server => `${prefix}ended:${part(server)}`,
    pin: agent => `${prefix}pin:${part(agent)}`,
    clients: agent => `${prefix}clients:${part(agent)}`,
    binding: agent => `${prefix}binding:${part(agent)}`,
    sessions: door => `${prefix}sessions:${part(door)}`,
    dial: call => `${prefix}dial:${part(call)}`,
    dialReference: (agent, reference) => `${prefix}dial-reference:${part(agent)}:${part(reference)}`,
    dialling: whose => `${prefix}dialling:${part(whose)}`,
    dialled: whose => `${prefix}dialled:${part(whose)}`,
    credential: user => `${prefix}credential:${part(user)}`,
    lease: name => `${prefix}lease:${part(name)}`,
    fence: name => `${prefix}fence:${part(name)}`,
  }
}

/**
 * A name as it may stand in a key. Ids stay readable; whatever could be mistaken for a separator, a hash tag or a
 * pattern is encoded whole. No two names give the same part.
 */
export function part(name: string): string {
  return /^[\w.-]{1,128}$/.test(name) ? name : `~${Buffer.from(name, 'utf16le').toString('base64url')}`
}
