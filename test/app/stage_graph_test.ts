import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { RequestFault } from '../../runtime/app/faults.ts'
import { plan } from '../../runtime/app/plan.ts'
import { type StageGraph, stageGraphs } from '../../runtime/app/stage_graph.ts'
import { fewLandmarks } from '../cli/fixtures/landmarks.ts'
import { writeClip } from '../model/tiny_clip.ts'
import { inTempFolder, projectRoot } from '../support.ts'

const moreEvaluations = `
  captions: { kind: captioning, model: pretrain, data: places.test }
  probe: { kind: linear-probe, model: clip, data: places.test, train: places.train }

claims:`

/** A recipe with every kind of stage that runs a model. */
async function writeRecipe(folder: string): Promise<string> {
  const path = join(folder, 'whole.yaml')
  await cp(join(projectRoot, 'test/cli/fixtures/whole.yaml'), path)
  await writeFile(path, (await readFile(path, 'utf8')).replace('\nclaims:', moreEvaluations))
  await writeFile(join(folder, 'places.geojson'), await fewLandmarks())
  await writeClip(folder)
  return path
}

/** Types of the inputs of a step by name. */
const inputsOf = ({ text }: StageGraph): ReadonlyMap<string, string> =>
  new Map([...text.matchAll(/^ {2}\w+: (\S+) = input (\S+)$/gm)].map(([, type = '', name = '']) => [name, type]))

test('every stage that runs a model prints the steps that it compiles, without data or a run', () =>
  inTempFolder(async folder => {
    const recipe = await writeRecipe(folder)
    const { stages } = (await plan(recipe, { store: join(folder, 'store') })).plan
    const withModel = stages.filter(({ estimates }) => estimates !== undefined)
    const graphs = new Map<string, readonly StageGraph[]>()
    for (const { id } of withModel) graphs.set(id, await stageGraphs(recipe, id, { engine: 'cpu' }))
    const titles = new Map([...graphs].map(([id, all]) => [id, all.map(({ title }) => title)]))
    assert.equal(titles.get('pretrain.mix'), ['training step of 16 pairs, on cpu'])
    assert.equal(titles.get('localise.1'), ['training step of 16 pairs, on cpu'])
    assert.equal(titles.get('kinds'), ['embeddings of 64 texts, on cpu'])
    assert.equal(titles.get('pretrain.mix.on.places.test'), ['embeddings of 64 images, on cpu'])
    assert.equal(titles.get('pretrain.mix.on.places.test.captions'), ['embeddings of 64 texts, on cpu'])
    assert.equal(titles.get('maps'), ['margins of 64 images, on cpu'])
    assert.equal(titles.get('captions'), ['keys and values of 64 images, on cpu', 'next token of 64 captions, on cpu'])
    assert.equal([titles.get('probe'), titles.get('retrieval')], [undefined, undefined])
    for (const [id, all] of graphs)
      for (const { text } of all) {
        assert.match(text, '# main\ngraph {\n', id)
        assert.match(text, /return .+\n}\n/, id)
      }

    const [training] = graphs.get('pretrain.mix') ?? []
    const inputs = training === undefined ? new Map() : inputsOf(training)
    assert.is(inputs.get('batch.images'), 'float32[16,3,16,16]')
    assert.is(inputs.get('batch.tokens'), 'int32[16,16]')
    assert.is(inputs.get('first.logit_scale'), 'float32[]')
    const [regions] = graphs.get('localise.1') ?? []
    assert.is(regions && inputsOf(regions).get('batch.labels'), 'float32[16,16,2]')
    const [tuned] = graphs.get('tuned.second') ?? []
    assert.ok(tuned && [...inputsOf(tuned).keys()].some(name => name.startsWith('weights.')), 'weights of CLIP')
  }))

test('training in micro-batches prints the step of each part; the engine may be absent here', () =>
  inTempFolder(async folder => {
    const recipe = await writeRecipe(folder)
    const set = ['train.pretrain.micro_batch=4']
    const graphs = await stageGraphs(recipe, 'pretrain.web', { set, engine: 'webgpu' })
    assert.equal(
      graphs.map(({ title }) => title),
      [
        'embeddings of 4 pairs, on webgpu',
        'contrastive loss of 16 pairs, on webgpu',
        'gradients of 4 pairs, on webgpu',
        'update of the weights, on webgpu',
      ],
    )
  }))

test('a stage without a model, and one that is not there, are faults of the request', () =>
  inTempFolder(async folder => {
    const recipe = await writeRecipe(folder)
    const faultOf = (stage: string) =>
      stageGraphs(recipe, stage).then(
        () => undefined,
        error => error,
      )
    const without = await faultOf('clean')
    assert.instance(without, RequestFault)
    assert.is(without.facts, "'clean' compiles no step")
    assert.match(without.hint, 'stages that do are pretrain.web, pretrain.mix')
    const unknown = await faultOf('pretrain.mic')
    assert.is(unknown.message, "The recipe has no stage 'pretrain.mic'; write 'pretrain.mix'")
  }))

test.run()
