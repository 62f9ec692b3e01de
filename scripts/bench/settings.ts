import { configSchema, deepFreeze, type Config } from '../../config/schema.ts'

/** How the system under test is made. `relay` and `kamailio` are no doors: see relay.ts, kamailio.ts. */
export interface Arrangement {
  readonly edge: 'direct' | 'drachtio' | 'relay' | 'kamailio'
  /** A folder for what the door writes. */
  readonly dataDir: string
  readonly logLevel: Config['log']['level']
  /** Ids of the agents that exist. */
  readonly agents: readonly string[]
  /** Where the one media server is. */
  readonly server: { readonly host: string; readonly port: number }
  /** The control port of the engine, with the edge `drachtio`. */
  readonly control?: { readonly host: string; readonly port: number }
}

/** Every agent's password. */
export const password = 'bench'

const controlSecret = 'bench'

/** The product's defaults, but for ports that are free, media that passes through, and clients that are no browsers. */
export function settingsOf({ edge, dataDir, logLevel, control }: Arrangement): Config {
  const ports = { host: '127.0.0.1', port: 0 }
  return deepFreeze(
    configSchema.parse({
      listen: {
        public: { ...ports, allowMissingOrigin: true, advertise: { host: 'portico.local', port: 8443 } },
        trunk: { ...ports, transports: ['udp'] },
        inside: { ...ports, transports: ['udp'] },
        relay: ports,
      },
      signalling: {
        engine: edge === 'drachtio' ? 'drachtio' : 'embedded',
        drachtio: { ...(control ?? { host: '127.0.0.1', port: 9022 }), secret: controlSecret },
      },
      media: { mode: 'direct' },
      dataDir,
      log: { level: logLevel },
    }),
  )
}

/** The secret of the engine's control port. */
export function secretOf({ signalling }: Config): string {
  return signalling.drachtio.secret ?? controlSecret
}
