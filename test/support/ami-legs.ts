import { systemClock } from '../../runtime/clock.ts'
import { silentLog } from '../../runtime/log.ts'
import { createAmiLink, type AmiLink, type LinkEvent } from '../../selector/ami/link.ts'
import type { AmiFields } from '../../selector/ami/message.ts'
import type { MediaServer } from '../../selector/domain/media-server.ts'

/** A link to a real Asterisk, and the first thing it told: that it is logged in, or why not. */
export async function login(server: MediaServer, secret = server.ami.secret): Promise<[AmiLink, LinkEvent]> {
  const link = linkTo(server, secret)
  const first = await new Promise<LinkEvent>(resolve => link.start(resolve))
  return [link, first]
}

/** The account codes of the legs that join conferences of a real Asterisk from now on, in that order. */
export async function watchJoins(
  server: MediaServer,
): Promise<{ readonly joins: readonly string[]; readonly stop: () => void }> {
  const link = linkTo(server, server.ami.secret)
  const joins: string[] = []
  await new Promise<void>(resolve =>
    link.start(event => {
      if (event.kind === 'up') resolve()
      if (event.kind !== 'event' || event.message.get('event') !== 'ConfbridgeJoin') return
      joins.push(event.message.get('accountcode') ?? '')
    }),
  )
  return { joins, stop: () => link.stop() }
}

function linkTo(server: MediaServer, secret: string): AmiLink {
  const address = { ...server.ami, secret }
  return createAmiLink({ server: server.id, address, clock: systemClock, chance: () => 0.9, log: silentLog })
}

/** One end of the call joins a conference, the other hears itself: nobody needs a phone. */
const call = { action: 'Originate', channel: 'Local/echo@from-frontdoor/n', async: 'true' }

/** The action that makes an agent wait. */
export function agentLeg(agent: string, id: string): AmiFields {
  return {
    ...call,
    application: 'ConfBridge',
    data: `agt-${agent},callcentre,agent`,
    account: `agent:${id}`,
    channelid: id,
  }
}

/** The action that brings a client to a waiting agent. */
export function clientLeg(agent: string, id: string): AmiFields {
  return {
    ...call,
    context: 'client-join',
    exten: `agt-${agent}`,
    priority: '1',
    account: `client:${id}`,
    channelid: id,
  }
}
