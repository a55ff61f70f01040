import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { isReport, renderReport, writeReport } from '../../runtime/report/mod.ts'
import { inTempFolder } from '../support.ts'
import { makeResults, plan } from './fixture.ts'

const count = (text: string, word: string) => text.split(word).length - 1

test('the page is whole: it loads nothing, runs nothing, and shows every picture and stage', async () => {
  await inTempFolder(async folder => {
    const results = await makeResults(folder)
    const path = await writeReport({ plan, results, folder: join(folder, 'report') })
    const page = await readFile(path, 'utf8')
    assert.ok(isReport(page))
    assert.is(count(page, '<script'), 0)
    assert.not.match(page, /\b(?:src|href)="(?!data:image\/|#)/)
    assert.not.match(page, /url\(|@import|https?:/)
    assert.is(count(page, 'Picture missing'), 0)
    for (const { id } of plan.stages) assert.ok(page.includes(`>${id}<`), id)
    assert.match(page, /&lt;script&gt;alert/)
    for (const image of page.match(/<img [^>]*>/g) ?? []) assert.match(image, / alt="[^"]+"/)
    for (const [, anchor] of page.matchAll(/href="#([^"]+)"/g)) assert.ok(page.includes(`id="${anchor}"`), anchor)
  })
})

test('claims that fail or were not measured are said plainly, and stages that have not run are shown', async () => {
  await inTempFolder(async folder => {
    const page = await renderReport({ plan, results: await makeResults(folder) })
    assert.match(page, /1 of 4 claims does not hold: \u201csmoothing_helps\u201d\. 2 of 4 hold\./)
    assert.match(page, /1 of 4 is not measured yet: \u201crounds_help\u201d/)
    assert.match(page, /<span class="tag bad">not held<\/span>/)
    assert.is(count(page, 'Not run yet'), 1)
    assert.match(page, /localisation · not run/)
    const empty = await renderReport({ plan, results: new Map() })
    assert.is(count(empty, 'Not run yet'), plan.stages.length)
  })
})

test('the same results give the same bytes', async () => {
  await inTempFolder(async folder => {
    const results = await makeResults(folder)
    assert.is(await renderReport({ plan, results }), await renderReport({ plan, results }))
  })
})

test('a lost or broken picture is said to be missing, and files outside the result are not read', async () => {
  await inTempFolder(async folder => {
    const results = new Map(await makeResults(folder))
    const landmarks = results.get('landmarks')
    assert.ok(landmarks)
    await rm(join(landmarks.folder, 'florida.jpg'))
    await writeFile(join(landmarks.folder, 'sumatra.jpg'), 'no picture')
    const outside = { kind: 'figures', title: 'Outside', items: [{ image: '../web/sinai.jpg', lines: ['x'] }] }
    const unknown = { kind: 'hologram', title: 'Later' }
    const exhibits = [...landmarks.manifest.exhibits, outside, unknown]
    results.set('landmarks', { ...landmarks, manifest: { ...landmarks.manifest, exhibits } })
    const page = await renderReport({ plan, results })
    assert.is(count(page, 'Picture missing'), 3)
    assert.not.match(page, /Later/)
  })
})

test.run()
