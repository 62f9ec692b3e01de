import t from 'tap'
import { codecsOf, conversionOf } from '../../../../proxy/media/codecs.ts'

t.test('Opus goes end to end unless it is configured otherwise', async t => {
  const offer = ['opus', 'PCMA', 'PCMU', 'telephone-event']
  t.strictSame(conversionOf('opus', 'browser', 'server'), { strip: ['all'], offer })
  t.strictSame(conversionOf('opus', 'server', 'browser'), { strip: ['all'], offer })
})

t.test('with `transcode` the browser speaks Opus alone, and the anchor turns it into G.711', async t => {
  t.strictSame(codecsOf('transcode', 'browser'), ['opus', 'telephone-event'])
  t.strictSame(codecsOf('transcode', 'server'), ['PCMA', 'PCMU', 'telephone-event'])
  t.strictSame(conversionOf('transcode', 'browser', 'server'), {
    mask: ['opus'],
    transcode: ['PCMA', 'PCMU', 'telephone-event'],
  })
  t.strictSame(conversionOf('transcode', 'server', 'browser'), {
    mask: ['PCMA', 'PCMU'],
    transcode: ['opus', 'telephone-event'],
  })
})

t.test('with `g711`, and between carriers and media servers, nothing is turned into anything', async t => {
  const offer = ['PCMA', 'PCMU', 'telephone-event']
  t.strictSame(conversionOf('g711', 'browser', 'server'), { strip: ['all'], offer })
  t.strictSame(conversionOf('transcode', 'carrier', 'server'), { strip: ['all'], offer })
})
