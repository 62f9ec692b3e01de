import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { Clock } from '../runtime/clock.ts'
import { fromJson, pinSchema } from './store/schemas.ts'
import type { Pin } from './store/store.ts'

/**
 * Where an agent waits, as text that travels with the call of its client: any door that knows the secret finds the agent by it while
 * Redis is away. It shows nothing of what it says, nobody else can make one, and it ends by itself.
 */
export interface PinTokens {
  /** Letters, digits, hyphens and underscores, a few hundred at most; another one each time. */
  readonly give: (pin: Pin) => string
  /** Undefined when it was not made with our secret, was changed, is about another agent, or has run out. */
  readonly read: (token: string, agent: string) => Pin | undefined
}

/** What tokens are made with. */
export interface PinTokensOptions {
  /** The same in every door of the fleet. */
  readonly secret: string
  readonly fleet: string
  readonly clock: Pick<Clock, 'wall'>
}

/** Tokens sealed with AES-256-GCM, so that they are secret and proven at once. */
export function createPinTokens({ secret, fleet, clock }: PinTokensOptions): PinTokens {
  const key = Buffer.from(hkdfSync('sha256', secret, fleet, 'portico pin token', keyBytes))
  return {
    give(pin) {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv(algorithm, key, nonce)
      const text = JSON.stringify({ pin, until: clock.wall() + lifeMs })
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url')
    },
    read(token, agent) {
      const said = saidIn(token, key)
      if (said === undefined || said.until <= clock.wall() || said.pin.agent !== agent) return undefined
      return said.pin
    },
  }
}

const saidSchema = z.object({ pin: pinSchema, until: z.number() })

function saidIn(token: string, key: Buffer): z.output<typeof saidSchema> | undefined {
  if (!/^[\w-]{40,1024}$/.test(token)) return undefined
  const bytes = Buffer.from(token, 'base64url')
  const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, nonceBytes))
  decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes))
  try {
    const sealed = bytes.subarray(nonceBytes + tagBytes)
    return fromJson(saidSchema, Buffer.concat([decipher.update(sealed), decipher.final()]).toString())
  } catch {
    // It was not made with this key, or not left as it was.
    return undefined
  }
}

const algorithm = 'aes-256-gcm'
const keyBytes = 32
const nonceBytes = 12
const tagBytes = 16
/** Longer than a Redis shall be away; an agent who moved meanwhile is missed, and the call goes on as if nobody were there. */
const lifeMs = 600_000
