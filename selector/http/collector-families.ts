import type { CollectorCounts } from '../ami/collector.ts'
import type { Family } from './families.ts'

/** What this process sees of the media servers that it collects from, for Prometheus. */
export function collectorFamilies(counts: () => ReadonlyMap<string, CollectorCounts>): readonly Family[] {
  const read = (value: (counts: CollectorCounts) => number) => () =>
    [...counts()].map(([server, each]) => ({ labels: [server], value: value(each) }))
  const counter = (name: string, help: string, value: (counts: CollectorCounts) => number): Family => ({
    name: `portico_ami_${name}`,
    kind: 'counter',
    help,
    labels: ['server'],
    read: read(value),
  })
  return [
    counter('snapshots_total', 'Lists of channels taken from a media server', each => each.snapshots),
    counter(
      'drift_total',
      'Channels of a media server whose event was lost, found by comparing with its own list',
      each => each.drift,
    ),
  ]
}
