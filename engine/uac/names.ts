import { promises as dns } from 'node:dns'
import { readFile } from 'node:fs/promises'
import type { Clock } from '../../runtime/clock.ts'
import type { Names } from './locate.ts'

/** The names of this machine: its table first, then its DNS servers, each question with an end. */
export function systemNames(clock: Clock, file = '/etc/hosts'): Names {
  const resolver = new dns.Resolver({ timeout: questionMs, tries: 2 })
  const table = hostsTable(clock, file)
  return {
    isLocal: async name => (await table()).has(name),
    naptr: name =>
      orNothing(
        resolver
          .resolveNaptr(name)
          .then(records => records.filter(({ flags }) => flags.toLowerCase() === 's')),
      ),
    srv: name => orNothing(resolver.resolveSrv(name)),
    // The machine's own resolver looks into its table by itself.
    addresses: name =>
      orNothing(
        dns
          .lookup(name, { all: true, order: 'ipv4first' })
          .then(found => found.map(({ address }) => address)),
      ),
  }
}

/** The names in a hosts file, read again when it was not read for a while. */
function hostsTable(clock: Clock, file: string): () => Promise<ReadonlySet<string>> {
  let read: Promise<ReadonlySet<string>> | undefined
  let until = 0
  return () => {
    if (read === undefined || clock.now() >= until) {
      until = clock.now() + rereadMs
      read = readFile(file, 'utf8').then(namesIn, () => new Set<string>())
    }
    return read
  }
}

/** The names of a hosts file, in lower case. */
export function namesIn(text: string): ReadonlySet<string> {
  const names = new Set<string>()
  for (const line of text.slice(0, maxTable).split('\n')) {
    const [, ...found] = (line.split('#', 1)[0] ?? '').trim().split(/\s+/)
    for (const name of found) names.add(name.toLowerCase())
  }
  return names
}

async function orNothing<T>(asked: Promise<readonly T[]>): Promise<readonly T[]> {
  return asked.catch(() => [])
}

const questionMs = 1000
const rereadMs = 5000
/** Characters of a hosts file that are read. */
const maxTable = 1_048_576
