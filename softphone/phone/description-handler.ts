import { Web } from 'sip.js'
import { openMicrophone } from './media.ts'
import { withTlsId } from './tls-id.ts'

type GetDescription = Web.SessionDescriptionHandler['getDescription']
type SetDescription = Web.SessionDescriptionHandler['setDescription']

/**
 * One peer connection. Its descriptions all name its one DTLS association, and an offer that renews the call takes
 * effect together with its answer: what is refused changes nothing.
 */
class DescriptionHandler extends Web.SessionDescriptionHandler {
  readonly #tlsId = crypto.randomUUID()
  #renewal: RTCSessionDescriptionInit | undefined

  override async getDescription(...order: Parameters<GetDescription>): ReturnType<GetDescription> {
    const renewal = await this.#renew(order[0]?.offerOptions)
    if (renewal !== undefined) return { body: this.#told(renewal), contentType: 'application/sdp' }
    const { body, contentType } = await super.getDescription(...order)
    return { body: this.#told(body), contentType }
  }

  override async setDescription(...order: Parameters<SetDescription>): Promise<void> {
    const offer = this.#renewal
    const connection = this.peerConnection
    if (offer === undefined || connection === undefined) return super.setDescription(...order)
    this.#renewal = undefined
    await Promise.all([
      connection.setLocalDescription(offer),
      connection.setRemoteDescription({ type: 'answer', sdp: order[0] }),
    ])
  }

  /** Called by sip.js when the far end refused an offer. */
  async rollbackDescription(): Promise<void> {
    this.#renewal = undefined
  }

  /**
   * An offer for a call that is up; undefined for a first one and for an answer. A browser whose ICE restart is under way
   * tries its new addresses with the old credentials until the answer is there, succeeds, and stays for seconds with a path
   * that the far end has given up. So nothing is set before the answer, and the far end learns the addresses from the checks
   * (RFC 8445 §7.3.1.3).
   */
  async #renew(options: RTCOfferOptions | undefined): Promise<string | undefined> {
    const connection = this.peerConnection
    if (connection?.signalingState !== 'stable' || connection.remoteDescription === null) return undefined
    const offer = await connection.createOffer(options)
    this.#renewal = offer
    return offer.sdp
  }

  #told(sdp: string): string {
    return withTlsId(sdp, this.#tlsId)
  }
}

/** Makes the media side of a call. Without `iceServers` sip.js would ask a STUN server of a third party. */
export function createDescriptionHandler(
  iceServers: readonly RTCIceServer[],
): Web.SessionDescriptionHandlerFactory {
  return session =>
    new DescriptionHandler(
      session.userAgent.getLogger('media'),
      (constraints, handler) => openMicrophone(constraints, () => handler.peerConnection !== undefined),
      {
        iceGatheringTimeout: iceGatheringMs,
        peerConnectionConfiguration: {
          bundlePolicy: 'balanced',
          rtcpMuxPolicy: 'require',
          iceServers: [...iceServers],
        },
      },
    )
}

const iceGatheringMs = 800
