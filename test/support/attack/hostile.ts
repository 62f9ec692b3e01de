/** What a media server writes that wants its inside to be seen outside: addresses and names, in everything that has room for text. */
import { sdp, type Words } from '../media-server.ts'

/** Where it is. */
export const hostileHost = '127.0.1.1'
/** What nobody outside may see. */
export const hostileNames = [hostileHost, 'asterisk-1.inside', '10.1.2.3', 'fd00::7'] as const

const text = hostileNames.join(' ')
const party = `"${hostileNames.join(', ')}" <sip:asterisk@${hostileHost};maddr=10.1.2.3>;by=${hostileHost}`
const uri = `<http://asterisk-1.inside/>;at=${hostileHost}`

/**
 * Every header of the IANA registry of SIP, and some that Asterisk has of its own, beside those without which a message is not of its
 * dialog (Via, From, To, Call-ID, CSeq, Contact, Content-Type, Content-Length).
 */
const freeText = `Accept-Language Additional-Identity Answer-Mode Authentication-Info Authorization
  Cellular-Network-Info Content-Language Date DC-Info Encryption Event Feature-Caps Flow-Timer Geolocation-Error
  Geolocation-Routing Hide Identity Identity-Info Info-Package Join Max-Breadth MIME-Version Organization
  Origination-Id P-Access-Network-Info P-Answer-State P-Charging-Function-Addresses P-Charging-Vector P-DCS-Billing-Info
  P-DCS-LAES P-DCS-OSPS P-DCS-Redirect P-DCS-Trace-Party-ID P-Early-Media P-Media-Authorization P-User-Database
  P-Visited-Network-ID Permission-Missing Policy-Contact Policy-ID Priority Priority-Share Priority-Verstat Privacy
  Priv-Answer-Mode Proxy-Authenticate Proxy-Authorization Recv-Info Reject-Contact Relayed-Charge Replaces
  Request-Disposition Resource-Priority Response-Key Response-Source Restoration-Info Security-Client Security-Server
  Security-Verify Service-Interact-Info Session-ID SIP-ETag SIP-If-Match Subject Subscription-State Suppress-If-Match
  Target-Dialog Timestamp Trigger-Consent User-Agent User-to-User WWW-Authenticate
  X-Asterisk-HangupCause X-Asterisk-HangupCauseCode X-Portico-Call X-Portico-Company X-Server Server`
  .split(/\s+/)
  .map(name => [name, text] as const)

const parties =
  `Diversion History-Info P-Asserted-Identity P-Asserted-Service P-Associated-URI P-Called-Party-ID
  P-Preferred-Identity P-Preferred-Service P-Private-Network-Indication P-Profile-Key P-Refused-URI-List P-Served-User Path
  Refer-To Referred-By Remote-Party-ID Reply-To Service-Route`
    .split(/\s+/)
    .map(name => [name, party] as const)

const uris = 'Alert-Info Call-Info Error-Info Geolocation'.split(' ').map(name => [name, uri] as const)

/** Its reason phrase and header lines. */
export const hostile: Words & { readonly headers: readonly (readonly [string, string])[] } = {
  reason: `OK says ${text}`,
  headers: [
    ...freeText,
    ...parties,
    ...uris,
    ['Warning', `399 ${hostileHost} "${text}"`],
    ['Reason', `Q.850;cause=17;text="${text}"`],
    ['Retry-After', `5 (${text})`],
    ['Accept', `application/x-${hostileHost}`],
    ['Accept-Contact', `*;at="${text}"`],
    ['Accept-Encoding', `x-${hostileHost}`],
    ['Accept-Resource-Priority', `dsn.${hostileHost}`],
    ['Allow', `INVITE, X-${hostileHost}`],
    ['Allow-Events', `x-${hostileHost}`],
    ['Content-Disposition', `session;handling=optional;at="${text}"`],
    ['Content-ID', `<7@${hostileHost}>`],
    ['Content-Location', `http://${hostileHost}/`],
    ['Expires', `60;at=${hostileHost}`],
    ['In-Reply-To', `7@${hostileHost}`],
    ['Min-Expires', `60;at=${hostileHost}`],
    ['Record-Route', `<sip:${hostileHost};lr;at=asterisk-1.inside>`],
    ['Supported', `x-${hostileHost}`],
    ['Unsupported', `x-${hostileHost}`],
  ],
}

const attributes =
  `3GPP-Adaptation-Support acap accept-types accept-wrapped-types bfcpver cat cfg charset chatroom
  connection content csup curr cpar delcap des dccp-in-band depend dyn file-selector file-transfer-id fingerprint-of
  floorctrl floorid g.3gpp.server imageattr insc-of key-mgmt keywds label lang l1-crypto mbms-mode mtp msrp-cema omr-s-cksum
  orient path pcap phone-context quality range recvsubaddr rmcap rtpred1 rtpred2 rtsp-ice-d-m sctp-port sdplang source
  ssrc-group tool type userid visited-realm wlan x-server xg726bitorder`.split(/\s+/)

const shared = attributes.map(name => `a=${name}:${text}`)

/** A description of its audio that a caller can use, with an address in every other line. */
export const hostileSdp = [
  'v=0',
  `o=asterisk-1.inside 7 8 IN IP4 ${hostileHost}`,
  `s=Asterisk on ${text}`,
  `i=${text}`,
  `u=http://${hostileHost}/`,
  `e=root@${hostileHost}`,
  `p=+49 30 ${hostileHost}`,
  `c=IN IP4 ${hostileHost}`,
  't=0 0',
  ...shared,
  'm=audio 10000 RTP/AVP 8',
  `i=${text}`,
  'a=rtpmap:8 PCMA/8000',
  `a=fmtp:8 via=${hostileHost}`,
  `a=rtcp:10001 IN IP4 ${hostileHost}`,
  `a=rtcp-xr:at=${hostileHost}`,
  `a=candidate:1 1 UDP 2130706431 ${hostileHost} 10000 typ host`,
  `a=candidate:2 1 UDP 1694498815 10.1.2.3 10000 typ srflx raddr ${hostileHost} rport 10000`,
  `a=remote-candidates:1 ${hostileHost} 10000`,
  `a=ssrc:1 cname:asterisk@${hostileHost}`,
  `a=source-filter: incl IN IP4 * ${hostileHost}`,
  `a=extmap:1 http://${hostileHost}/`,
  `a=msid:${hostileHost} a0`,
  `a=mid:${hostileHost}`,
  ...shared,
  'a=sendrecv',
  '',
].join('\r\n')

/** Its description as the `version`th of the session (RFC 8866 §5.2), with all header lines that it has. */
export function hostileOffer(version: number): Words {
  return sdp(hostileSdp.replace(' 7 8 ', ` 7 ${version} `), { headers: hostile.headers })
}
