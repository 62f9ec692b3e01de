// Runs inside the pages of the tests, before their own scripts.
globalThis.soundProbe = {
  hear,
  answer,
  hearPeer,
  localPorts,
  paths,
  state: () => peer?.connection.connectionState,
}

/** The last 0.68 s of what the page's audio element is given, after `ms` of listening, and its strongest frequency. */
async function hear(ms) {
  const stream = document.querySelector('audio')?.srcObject
  if (!stream) throw new Error('nothing is playing in this page')
  return listen(stream, ms)
}

/** Every connection that the page has made. */
const connections = []
globalThis.RTCPeerConnection = class extends globalThis.RTCPeerConnection {
  constructor(...order) {
    super(...order)
    connections.push(this)
  }
}

/** The UDP ports on which the page's connections may send and receive. */
async function localPorts() {
  const reports = await Promise.all(connections.map(connection => connection.getStats()))
  const ports = new Set()
  for (const report of reports) {
    report.forEach(
      ({ type, protocol, port }) => type === 'local-candidate' && protocol === 'udp' && ports.add(port),
    )
  }
  return [...ports]
}

/** How the page's connections are, and what went which way, as lines for who looks for the reason of a silence. */
async function paths() {
  const reports = await Promise.all(connections.map(connection => connection.getStats()))
  const lines = connections.map(one => `connection ${one.connectionState}, ICE ${one.iceConnectionState}`)
  for (const report of reports)
    report.forEach(
      stat =>
        /^(transport|media-source)$|candidate|-rtp$/.test(stat.type) && lines.push(JSON.stringify(stat)),
    )
  return lines
}

/**
 * A peer for another page: answers its offer and plays `hz` to it; offers after the first renew the same call.
 * @param {string} offer
 * @param {number} hz
 */
async function answer(offer, hz) {
  peer ??= createPeer(hz)
  await peer.connection.setRemoteDescription({ type: 'offer', sdp: offer })
  await peer.connection.setLocalDescription()
  await gathered(peer.connection)
  return peer.connection.localDescription.sdp
}

/** What the peer hears. */
async function hearPeer(ms) {
  return listen(peer.element.srcObject, ms)
}

let peer

/** @param {number} hz */
function createPeer(hz) {
  const connection = new RTCPeerConnection()
  // Chromium decodes a remote stream only while an element plays it.
  const element = new Audio()
  connection.ontrack = ({ track }) => {
    element.srcObject = new MediaStream([track])
    void element.play()
  }
  const context = new AudioContext()
  const oscillator = new OscillatorNode(context, { frequency: hz })
  const quieter = new GainNode(context, { gain: 0.4 })
  const out = context.createMediaStreamDestination()
  oscillator.connect(quieter).connect(out)
  oscillator.start()
  connection.addTrack(out.stream.getAudioTracks()[0], out.stream)
  return { connection, element }
}

async function gathered(connection) {
  while (connection.iceGatheringState !== 'complete') {
    await new Promise(resolve => {
      connection.addEventListener('icegatheringstatechange', resolve, { once: true })
    })
  }
}

async function listen(stream, ms) {
  const context = new AudioContext({ sampleRate: 48_000 })
  const analyser = context.createAnalyser()
  analyser.fftSize = 32_768
  context.createMediaStreamSource(stream).connect(analyser)
  await context.resume()
  await new Promise(resolve => {
    setTimeout(resolve, ms)
  })
  const samples = new Float32Array(analyser.fftSize)
  const spectrum = new Float32Array(analyser.frequencyBinCount)
  analyser.getFloatTimeDomainData(samples)
  analyser.getFloatFrequencyData(spectrum)
  const strongest = spectrum.reduce((best, level, bin) => (level > spectrum[best] ? bin : best), 0)
  await context.close()
  return {
    rate: 48_000,
    samples: [...samples],
    peakHz: (strongest * 48_000) / analyser.fftSize,
  }
}
