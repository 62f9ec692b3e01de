import { Web } from 'sip.js'
import { openMicrophone } from './media.ts'
import { withTlsId } from './tls-id.ts'

/** One peer connection, whose descriptions all name its one DTLS association. */
class DescriptionHandler extends Web.SessionDescriptionHandler {
  readonly #tlsId = crypto.randomUUID()

  override async getDescription(
    ...order: Parameters<Web.SessionDescriptionHandler['getDescription']>
  ): ReturnType<Web.SessionDescriptionHandler['getDescription']> {
    const { body, contentType } = await super.getDescription(...order)
    return { body: withTlsId(body, this.#tlsId), contentType }
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
