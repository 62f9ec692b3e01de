import type { Load, MediaServer } from '../../selector/domain/media-server.ts'

/** A media server with sensible settings, but for `changes`. */
export function mediaServer(id: string, changes: Partial<MediaServer> = {}): MediaServer {
  return {
    id,
    sip: { host: '127.0.1.1', port: 5060, transport: 'udp' },
    ami: { host: '127.0.1.1', port: 5038, username: 'portico', secret: 'ami-secret' },
    capacity: 60,
    zone: 'z1',
    wanted: 'active',
    ...changes,
  }
}

/** The load of an idle server whose counters are right and never get old, but for `changes`. */
export function load(changes: Partial<Load> = {}): Load {
  return {
    waiting: 0,
    inCall: 0,
    clients: 0,
    channels: 0,
    takenAt: 4_000_000_000_000,
    boot: 500,
    reconciled: true,
    ...changes,
  }
}
