import { every, type Clock } from '../../runtime/clock.ts'
import { messageOf } from '../../runtime/errors.ts'
import type { Log } from '../../runtime/log.ts'
import type { Load } from '../domain/media-server.ts'
import type { Ledger } from '../store/store.ts'
import type { AmiLink, LinkEvent } from './link.ts'
import type { AmiMessage } from './message.ts'
import { emptyRoster, joinedCalls, loadOf, rosterStep, type Roster, type RosterEvent } from './roster.ts'
import { rosterEventOf, snapshotOf } from './roster-events.ts'

/** What a collector needs. */
export interface CollectorOptions {
  readonly server: string
  readonly link: AmiLink
  readonly ledger: Pick<Ledger, 'putLoad' | 'release' | 'candidates'>
  /** The fence of the lease under which it collects. */
  readonly fence: number
  readonly clock: Clock
  readonly log: Log
}

/**
 * Follows one media server and tells the ledger what it carries. Until the first snapshot of a connection, and from the
 * moment a connection is lost, the server counts as not reconciled, with its last numbers.
 */
export class Collector {
  readonly #options: CollectorOptions
  readonly #ends: (() => void)[] = []
  #roster: Roster = emptyRoster
  /** Calls whose join was seen and not yet told. */
  #joined: string[] = []
  #boot = 0
  #phase: 'down' | 'up' | 'booted' | 'live' = 'down'
  /** Counts connections; an answer that belongs to an older one is dropped. */
  #generation = 0
  /** What was told last, by this collector or the one before it. */
  #word: Load | undefined
  #writing: Promise<void> | undefined
  #changed = false
  /** A change waits for those that follow it closely. */
  #held = false
  #stopped = false
  #cancelFlush: (() => void) | undefined
  #cancelRetry: (() => void) | undefined

  constructor(options: CollectorOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    const { ledger, server, link, clock } = this.#options
    const candidates = await ledger.candidates()
    this.#word = candidates.find(candidate => candidate.server.id === server)?.load
    if (this.#stopped) return
    link.start(event => this.#heard(event))
    this.#ends.push(
      every(clock, refreshMs, () => this.#flush()),
      every(clock, reconcileMs, () => void this.#reconcile()),
    )
  }

  /** What was written last stays. Resolves when nothing more will be written. */
  async stop(): Promise<void> {
    this.#stopped = true
    for (const end of this.#ends) end()
    this.#cancelFlush?.()
    this.#cancelRetry?.()
    this.#options.link.stop()
    await this.#writing
  }

  #heard(event: LinkEvent): void {
    if (event.kind === 'event') this.#told(event.message)
    else if (event.kind === 'up') this.#up(event.generation)
    else this.#lost()
  }

  #up(generation: number): void {
    this.#generation = generation
    this.#phase = 'up'
    const { log, server } = this.#options
    this.#retry(bootPatienceMs, () => {
      log.warn('ami.not-booted', {
        server,
        next: 'give the AMI user read=system, or wait for Asterisk to boot',
      })
    })
  }

  #told(message: AmiMessage): void {
    const name = message.get('event')?.toLowerCase()
    if (name === 'fullybooted') return this.#booted(Number(message.get('uptime')))
    const event = rosterEventOf(message)
    if (event) this.#apply(event)
  }

  /** Comes after every login, at once when Asterisk is up already. */
  #booted(uptimeSec: number): void {
    const boot = this.#options.clock.wall() - (Number.isFinite(uptimeSec) ? uptimeSec : 0) * 1_000
    // Uptime has whole seconds. What was known of an earlier life of this Asterisk died with it.
    if (Math.abs(boot - this.#boot) > 3_000) {
      this.#roster = emptyRoster
      this.#boot = boot
    }
    this.#phase = 'booted'
    void this.#reconcile()
  }

  async #reconcile(): Promise<void> {
    if (this.#phase !== 'booted' && this.#phase !== 'live') return
    const generation = this.#generation
    const { link, log, server } = this.#options
    try {
      const items = await link.list({ action: 'CoreShowChannels' }, 'CoreShowChannelsComplete')
      if (generation === this.#generation) this.#reconciled(items)
    } catch (cause) {
      // An Asterisk that shuts down refuses every action and goes on with its calls and events.
      log.debug('ami.not-reconciled', { server, cause: messageOf(cause) })
      if (generation === this.#generation && this.#phase === 'booted') {
        this.#retry(retryMs, () => void this.#reconcile())
      }
    }
  }

  #reconciled(items: readonly AmiMessage[]): void {
    this.#cancelRetry?.()
    this.#phase = 'live'
    this.#options.link.proven()
    this.#apply(snapshotOf(items))
  }

  #lost(): void {
    this.#generation = 0
    this.#phase = 'down'
    this.#cancelRetry?.()
    this.#flush()
  }

  #retry(ms: number, task: () => void): void {
    this.#cancelRetry?.()
    this.#cancelRetry = this.#options.clock.after(ms, task)
  }

  #apply(event: RosterEvent): void {
    const before = this.#roster
    this.#roster = rosterStep(before, event, this.#options.clock.now())
    this.#joined.push(...joinedCalls(before, this.#roster))
    if (this.#phase === 'live') this.#soon()
  }

  /** The first change is told at once, those that follow closely together. */
  #soon(): void {
    this.#held = this.#cancelFlush !== undefined
    if (this.#held) return
    this.#flush()
    this.#cancelFlush = this.#options.clock.after(coalesceMs, () => {
      this.#cancelFlush = undefined
      if (this.#held) this.#soon()
    })
  }

  #flush(): void {
    if (this.#stopped) return
    this.#changed = true
    this.#writing ??= this.#write()
  }

  /** One write at a time, so that an older word never overtakes a newer one. */
  async #write(): Promise<void> {
    while (this.#changed && !this.#stopped) {
      this.#changed = false
      await this.#tell().catch((cause: unknown) => {
        this.#options.log.warn('collector.not-written', {
          server: this.#options.server,
          cause: messageOf(cause),
        })
      })
    }
    this.#writing = undefined
  }

  /** The load goes first: for a moment a call counts twice, never not at all. */
  async #tell(): Promise<void> {
    const { ledger, server, fence } = this.#options
    const joined = this.#joined.splice(0)
    this.#word = this.#nextWord()
    if (this.#word) await ledger.putLoad(server, this.#word, fence)
    if (joined.length > 0) await ledger.release(joined)
  }

  #nextWord(): Load | undefined {
    if (this.#phase !== 'live') return this.#word && { ...this.#word, reconciled: false }
    const takenAt = this.#options.clock.wall()
    return { ...loadOf(this.#roster), takenAt, boot: this.#boot, reconciled: true }
  }
}

const refreshMs = 2_000
const reconcileMs = 30_000
const retryMs = 1_000
const coalesceMs = 100
const bootPatienceMs = 10_000
