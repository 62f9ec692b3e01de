import { every, type Clock } from '../../runtime/clock.ts'
import { messageOf } from '../../runtime/errors.ts'
import type { Log } from '../../runtime/log.ts'
import type { Load, ManagerState } from '../domain/media-server.ts'
import type { Ledger } from '../store/store.ts'
import type { AmiEnd } from './connection.ts'
import { LagProbe } from './lag-probe.ts'
import type { AmiLink, LinkEvent } from './link.ts'
import type { AmiMessage } from './message.ts'
import { checkRights } from './rights.ts'
import { emptyRoster, joinedCalls, loadOf, rosterStep, type Roster, type RosterEvent } from './roster.ts'
import { rosterEventOf, snapshotOf } from './roster-events.ts'
import { Vigilance } from './vigilance.ts'
import { WordWriter } from './word-writer.ts'

/** What a collector needs. */
export interface CollectorOptions {
  readonly server: string
  readonly link: AmiLink
  readonly ledger: Pick<Ledger, 'putLoad' | 'release' | 'candidates'>
  /** The fence of the lease under which it collects. */
  readonly fence: number
  /** Called when it is known that nobody listens there any more. */
  readonly onDead?: () => void
  /** Called with the first snapshot of each connection. */
  readonly onLive?: () => void
  /** Called when it owes us an answer for longer than a server that works takes, and when it gives it after all. */
  readonly onSilent?: (silent: boolean) => void
  readonly clock: Clock
  readonly log: Log
}

/** What a collector has seen of its server since it began. */
export interface CollectorCounts {
  readonly state: ManagerState
  readonly lagMs: number
  readonly snapshots: number
  /** Channels that a snapshot corrected after their event was lost. */
  readonly drift: number
}

/**
 * Follows one media server and tells the ledger what it carries. Until the first snapshot of a connection, and from the
 * moment a connection is lost, the server counts as not reconciled, with its last numbers; with none once it is known
 * that nobody listens there any more.
 */
export class Collector {
  readonly #options: CollectorOptions
  readonly #ends: (() => void)[] = []
  readonly #writer: WordWriter
  readonly #vigilance = new Vigilance()
  readonly #probe: LagProbe
  #roster: Roster = emptyRoster
  /** Calls whose join was seen and not yet told. */
  #joined: string[] = []
  #boot = 0
  #phase: Phase = 'down'
  /** What a server that we are not connected to is. */
  #away: ManagerState = 'unknown'
  #stopping = false
  /** Counts connections; an answer that belongs to an older one is dropped. */
  #generation = 0
  #snapshots = 0
  #isAsking = false
  /** What was told last, by this collector or the one before it. */
  #word: Load | undefined
  #stopped = false
  #cancelRetry: (() => void) | undefined

  constructor(options: CollectorOptions) {
    this.#options = options
    const { server, clock, log, fence } = options
    this.#writer = new WordWriter({ server, tell: () => this.#tell(), clock, log })
    this.#probe = new LagProbe(`${server}-${fence}`)
  }

  async start(): Promise<void> {
    const { ledger, server, link, clock } = this.#options
    const candidates = await ledger.candidates()
    this.#word = candidates.find(candidate => candidate.server.id === server)?.load
    if (this.#stopped) return
    link.start(event => this.#heard(event))
    this.#ends.push(every(clock, refreshMs, () => this.#refresh()))
  }

  /** What was written last stays. Resolves when nothing more will be written. */
  async stop(): Promise<void> {
    this.#stopped = true
    for (const end of this.#ends) end()
    this.#cancelRetry?.()
    this.#options.link.stop()
    await this.#writer.stop()
  }

  counts(): CollectorCounts {
    return {
      state: this.#state(),
      lagMs: this.#probe.lagMs(this.#options.clock.now()),
      snapshots: this.#snapshots,
      drift: this.#vigilance.drift,
    }
  }

  #heard(event: LinkEvent): void {
    switch (event.kind) {
      case 'event':
        return this.#told(event.message)
      case 'up':
        return this.#up(event.generation)
      case 'stopping':
        return this.#stops(event.stopping)
      case 'silent':
        return this.#options.onSilent?.(event.silent)
      case 'down':
        return this.#lost(event.end)
    }
  }

  #up(generation: number): void {
    this.#generation = generation
    this.#phase = 'up'
    this.#stopping = false
    this.#probe.reset()
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
    const now = this.#options.clock.now()
    if (name === 'fullybooted') return this.#booted(Number(message.get('uptime')))
    if (name === 'userevent') return this.#probe.heard(message.get('nonce'), now)
    const event = rosterEventOf(message)
    if (!event) return
    this.#vigilance.heard(this.#roster, event, now)
    this.#apply(event)
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
    void this.#reportRights()
  }

  /** An Asterisk that shuts down refuses every list; once it takes calls again, the first one is due. */
  #stops(stopping: boolean): void {
    this.#stopping = stopping
    if (stopping) this.#options.log.info('ami.stopping', { server: this.#options.server })
    else void this.#reconcile()
    this.#writer.flush()
  }

  #refresh(): void {
    const now = this.#options.clock.now()
    if (this.#probe.lost(now, probePatienceMs)) this.#vigilance.alert(now)
    void this.#sendProbe(now)
    if (this.#vigilance.isDue(now) && !this.#stopping) void this.#reconcile()
    this.#writer.flush()
  }

  async #sendProbe(now: number): Promise<void> {
    if (this.#phase !== 'live' || this.#stopping) return
    const nonce = this.#probe.send(now)
    if (nonce === undefined) return
    // Refused for want of rights: `checkRights` has told; nothing comes back, and nothing is concluded from that.
    await this.#options.link
      .action({ action: 'UserEvent', userevent: 'PorticoLag', nonce })
      .catch(() => this.#probe.reset())
  }

  async #reconcile(): Promise<void> {
    if (this.#isAsking || (this.#phase !== 'booted' && this.#phase !== 'live')) return
    const generation = this.#generation
    const { link, clock, log, server } = this.#options
    this.#isAsking = true
    try {
      const askedAt = clock.now()
      const items = await link.list({ action: 'CoreShowChannels' }, 'CoreShowChannelsComplete')
      if (generation === this.#generation) this.#reconciled(items, askedAt)
    } catch (cause) {
      log.debug('ami.not-reconciled', { server, cause: messageOf(cause) })
      if (generation === this.#generation && this.#phase === 'booted') {
        this.#retry(retryMs, () => void this.#reconcile())
      }
    } finally {
      if (generation === this.#generation) this.#isAsking = false
    }
  }

  #reconciled(items: readonly AmiMessage[], askedAt: number): void {
    this.#cancelRetry?.()
    const before = this.#roster
    const isFirst = this.#phase === 'booted'
    this.#phase = 'live'
    this.#snapshots += 1
    this.#options.link.proven()
    this.#apply(snapshotOf(items))
    if (isFirst) this.#options.onLive?.()
    if (isFirst) this.#vigilance.began(before, this.#roster, askedAt)
    else this.#vigilance.corrected(before, this.#roster, askedAt)
  }

  #lost(end: AmiEnd): void {
    this.#generation = 0
    this.#phase = 'down'
    this.#stopping = false
    this.#isAsking = false
    this.#away = stateAfter[end]
    if (end === 'absent') this.#died()
    this.#cancelRetry?.()
    this.#writer.flush()
  }

  /** Nobody listens any more: the process is gone, and its calls with it. */
  #died(): void {
    this.#roster = emptyRoster
    const takenAt = this.#options.clock.wall()
    this.#word = this.#word && { ...this.#word, ...loadOf(emptyRoster), takenAt }
    if (this.#boot !== 0) this.#options.onDead?.()
    this.#boot = 0
  }

  async #reportRights(): Promise<void> {
    const { link, log, server } = this.#options
    const rights = await checkRights(link)
    if (rights && rights.missing.length > 0) {
      const next = `add write=${rights.missing.join(',')} to the AMI user in its manager.conf, and reload`
      log.warn('ami.rights-missing', { server, missing: rights.missing, next })
    }
    if (rights && rights.excess.length > 0) {
      const next = `take write=${rights.excess.join(',')} from the AMI user in its manager.conf, and reload`
      log.warn('ami.rights-excess', { server, excess: rights.excess, next })
    }
  }

  #retry(ms: number, task: () => void): void {
    this.#cancelRetry?.()
    this.#cancelRetry = this.#options.clock.after(ms, task)
  }

  #apply(event: RosterEvent): void {
    const before = this.#roster
    this.#roster = rosterStep(before, event, this.#options.clock.now())
    this.#joined.push(...joinedCalls(before, this.#roster))
    if (this.#phase === 'live') this.#writer.soon()
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
    const state = this.#state()
    if (this.#phase !== 'live') return this.#word && { ...this.#word, state, reconciled: false }
    const { clock } = this.#options
    const lagMs = this.#probe.lagMs(clock.now())
    const takenAt = clock.wall() - lagMs
    return {
      ...loadOf(this.#roster),
      takenAt,
      lagMs,
      boot: this.#boot,
      state,
      reconciled: state === 'known',
    }
  }

  #state(): ManagerState {
    if (this.#phase === 'down') return this.#away
    if (this.#stopping) return 'draining'
    return this.#phase === 'live' ? 'known' : 'unknown'
  }
}

type Phase = 'down' | 'up' | 'booted' | 'live'

const stateAfter: Readonly<Record<AmiEnd, ManagerState>> = {
  gone: 'dead',
  absent: 'dead',
  stopping: 'draining',
  silent: 'hung',
  unreachable: 'unknown',
  refused: 'unknown',
}

const refreshMs = 2_000
const retryMs = 1_000
const probePatienceMs = 4_000
const bootPatienceMs = 10_000
