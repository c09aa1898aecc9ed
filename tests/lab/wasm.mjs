// node wasm.mjs induct.wasm core-alone GOLDEN-RUN SCENES
//
// Carries out the lines of scenes.txt in WebAssembly and natively on a golden checkpoint: every
// number must be the same to 1e-5 of the largest of its kind (a pattern, all logits), every argmax
// the same. Then times a forward pass of 79 tokens in the study's shape.
import {readFileSync, writeFileSync, mkdtempSync, rmSync} from "node:fs";
import {execFileSync} from "node:child_process";
import {join} from "node:path";

const [wasm, native, run, scenesFile] = process.argv.slice(2);
const TOLERANCE = 1e-5;

// ---- The module ----------------------------------------------------------------------------------

const nothing = () => 52;
const {instance} = await WebAssembly.instantiate(readFileSync(wasm), {
    wasi_snapshot_preview1: {fd_write: nothing, fd_close: nothing, fd_seek: nothing, proc_exit: nothing},
});
const lab = instance.exports;
lab._initialize();

const floats = (at, count) => new Float32Array(lab.memory.buffer, at, count).slice();
const doubles = (at, count) => new Float64Array(lab.memory.buffer, at, count).slice();
const text = (at) => {
    const bytes = new Uint8Array(lab.memory.buffer, at);
    return new TextDecoder().decode(bytes.slice(0, bytes.indexOf(0)));
};
const put = (values) => {
    const at = lab.ind_lab_alloc(values.byteLength);
    new values.constructor(lab.memory.buffer, at, values.length).set(values);
    return at;
};
const word = (name) => put(new TextEncoder().encode(name + "\0"));

const open = (c) => {
    const model = lab.ind_lab_open(
        c.layers, c.heads, c.d_model, c.d_head, c.vocab, c.context,
        lab.ind_lab_positions(word(c.positions)), lab.ind_lab_norm(word(c.norm)),
        Number(c.bias), 0, 1e-5, 0, 10000, 0);
    check(model);
    return model;
};
const check = (model, status = 0) => {
    const said = text(lab.ind_lab_error(model));
    if (status !== 0 || said) throw new Error(said || "failed without a word");
};

// ---- A checkpoint --------------------------------------------------------------------------------

// Weights in the lab's order, by name.
const weightsOf = (model, path) => {
    const file = readFileSync(path);
    const size = Number(file.readBigUInt64LE(0));
    const header = JSON.parse(file.subarray(8, 8 + size).toString());
    const out = new Float32Array(lab.ind_lab_total(model));
    for (let t = 0; t < lab.ind_lab_tensor_count(model); t++) {
        const name = text(lab.ind_lab_tensor_name(model, t));
        const [begin, end] = header[name].data_offsets;
        if ((end - begin) / 4 !== lab.ind_lab_tensor_size(model, t)) throw new Error(`${name}: size`);
        const bytes = file.subarray(8 + size + begin, 8 + size + end);
        out.set(new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)),
            lab.ind_lab_tensor_offset(model, t));
    }
    return out;
};

const setWeights = (model, set, weights) => {
    const at = lab.ind_lab_weights(model, set);
    new Float32Array(lab.memory.buffer, at, weights.length).set(weights);
};

// Repeated sequences of a small generator: the page's tokens come from anywhere.
const sequencesOf = (c, period, count) => {
    const tokens = new Int32Array(count * c.context);
    let state = 1;
    for (let s = 0; s < count; s++)
        for (let i = 0; i < c.context; i++) {
            state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
            tokens[s * c.context + i] = i < period ? 1 + (state >>> 8) % (c.vocab - 1)
                                                   : tokens[s * c.context + i - period];
        }
    return tokens;
};

// ---- The scenes ----------------------------------------------------------------------------------

const {model: written} = JSON.parse(readFileSync(join(run, "config.json")));
const config = {
    layers: written.n_layers, heads: written.n_heads, d_model: written.d_model, d_head: written.d_head,
    vocab: written.d_vocab, context: written.n_ctx, positions: written.positional_embedding_type,
    norm: written.normalization_type ?? "none", bias: written.bias,
};
const SEQUENCES = 20, PERIOD = 7, TRAINED = [5, 8], length = config.context - 1;
const model = open(config);
const weights = weightsOf(model, join(run, "epoch-00003000.safetensors"));
const donor = weightsOf(model, join(run, "epoch-00001000.safetensors"));
const tokens = sequencesOf(config, PERIOD, SEQUENCES);
setWeights(model, 0, weights);
setWeights(model, 1, donor);
check(model, lab.ind_lab_check(model, 0));
const at = put(tokens);
check(model, lab.ind_lab_reference(model, at, SEQUENCES / 2));

const square = length * length;
const printing = {
    pattern: (layer, head) => floats(lab.ind_lab_pattern(model, layer, head), square),
    scores: (layer, head) => floats(lab.ind_lab_scores(model, layer, head), square),
    logits: () => floats(lab.ind_lab_logits(model), length * config.vocab),
    top: (row, count) => {
        const [ids, shares] = [lab.ind_lab_alloc(64), lab.ind_lab_alloc(64)];
        check(model, lab.ind_lab_top(model, row, count, ids, shares));
        return [...new Int32Array(lab.memory.buffer, ids, count), ...floats(shares, count)];
    },
    split: (layer, head) => {
        const out = lab.ind_lab_alloc(16 * square);
        check(model, lab.ind_lab_split(model, layer, head, out));
        return floats(out, 4 * square);
    },
    evaluate: (set) => {
        const out = lab.ind_lab_alloc(64);
        check(model, lab.ind_lab_evaluate(model, set, at, SEQUENCES, PERIOD, ...TRAINED, out));
        return doubles(out, 6);
    },
    sources: (layer, head, row) => {
        const count = lab.ind_lab_source_count(model, layer) ** 2 * (row + 1);
        const out = lab.ind_lab_alloc(4 * count);
        check(model, lab.ind_lab_sources(model, layer, head, row, out));
        return floats(out, count);
    },
    attribution: (row, token) => {
        const out = lab.ind_lab_alloc(512);
        check(model, lab.ind_lab_attribution(model, row, token, out));
        return doubles(out, lab.ind_lab_component_count(model));
    },
    writes: (layer, head, row, token) => {
        const out = lab.ind_lab_alloc(512);
        check(model, lab.ind_lab_writes(model, layer, head, row, token, out));
        return doubles(out, row + 1);
    },
    mean_patterns: (set) => {
        const count = config.layers * config.heads * square, out = lab.ind_lab_alloc(4 * count);
        check(model, lab.ind_lab_mean_patterns(model, set, at, SEQUENCES, out));
        return floats(out, count);
    },
};
const carryOut = (what, numbers) => {
    if (what in printing) return printing[what](...numbers);
    if (what === "run") check(model, lab.ind_lab_run(model, ...numbers, at, length));
    else check(model, lab[`ind_lab_${what}`](model, ...numbers) ?? 0);
    return [];
};

// Both sides of every line that prints.
const scenes = readFileSync(scenesFile, "utf8");
const folder = mkdtempSync(join(process.env.TMPDIR ?? "/tmp", "induct-lab-"));
let said;
try {
    const put = (name, values) => writeFileSync(join(folder, name), new Uint8Array(values.buffer));
    put("shape.i32", new Int32Array([config.layers, config.heads, config.d_model, config.d_head,
        config.vocab, config.context, SEQUENCES, PERIOD]));
    put("model.f32", weights);
    put("donor.f32", donor);
    put("tokens.i32", tokens);
    said = execFileSync(native, [folder], {input: scenes, maxBuffer: 1 << 28}).toString().split("\n");
} finally {
    rmSync(folder, {recursive: true});
}

const argmax = (row) => row.reduce((best, value, i) => (value > row[best] ? i : best), 0);
const numberOf = (word) => (word === "-inf" ? -Infinity : Number(word.replace(/^-?nan$/, "NaN")));
let compared = 0, next = 0, worst = 0, wrong = 0;
for (const line of scenes.split("\n")) {
    if (!line || line.startsWith("#")) continue;
    const [what, ...numbers] = line.split(/ +/).map((word, i) => (i ? Number(word) : word));
    const mine = carryOut(what, numbers);
    const theirs = Array.from(mine, () => numberOf(said[next++]));
    let largest = Math.max(...theirs.filter(Number.isFinite).map(Math.abs));
    for (let i = 0; i < theirs.length; i++) {
        if (what === "evaluate") largest = Math.abs(theirs[i]); // numbers of different kinds
        const difference = Object.is(mine[i], theirs[i]) ? 0 : Math.abs(mine[i] - theirs[i]) / largest;
        if (!(difference <= TOLERANCE)) {
            if (wrong++ < 10) console.log(`${line}: number ${i} is ${mine[i]}, natively ${theirs[i]}`);
        } else worst = Math.max(worst, difference);
    }
    for (let row = 0; what === "logits" && row < length; row++) {
        const of = (all) => argmax(Array.from(all.slice(row * config.vocab, (row + 1) * config.vocab)));
        if (of(mine) !== of(theirs)) {
            console.log(`${line}: row ${row}: argmax ${of(mine)}, natively ${of(theirs)}`);
            wrong++;
        }
    }
    compared += theirs.length;
}
if (said.slice(next).some((word) => word !== "")) {
    console.log(`${said.length - next} native numbers are left over`);
    wrong++;
}
if (compared < 10000) wrong++, console.log(`only ${compared} numbers`);
console.log(`${compared} numbers, largest difference ${worst.toExponential(1)} of the largest`);
lab.ind_lab_close(model);

// ---- Refusals ------------------------------------------------------------------------------------

const small = open({...config, norm: "LN"});
const refuses = (what, status) => {
    const words = text(lab.ind_lab_error(small));
    if (status === 0 || !words) wrong++, console.log(`${what} is not refused`);
};
refuses("a run without weights", lab.ind_lab_run(small, 0, at, 5));
lab.ind_lab_weights(small, 0);
refuses("a head too many", lab.ind_lab_zero(small, 0, config.heads));
refuses("a split of a model with LayerNorm", lab.ind_lab_drop(small, 1, 0, 8));
refuses("a token too large", lab.ind_lab_run(small, 0, put(new Int32Array([config.vocab])), 1));
refuses("a mean without reference", lab.ind_lab_mean(small, 0, 0));
lab.ind_lab_close(small);

// ---- Time ----------------------------------------------------------------------------------------

const study = {layers: 2, heads: 4, d_model: 64, d_head: 16, vocab: 256, context: 80,
    positions: "sinusoidal", norm: "none", bias: false};
const timed = open(study);
setWeights(timed, 0, Float32Array.from({length: lab.ind_lab_total(timed)}, (_, i) => Math.sin(i) / 8));
const prompt = put(sequencesOf(study, 20, 1));
const times = [];
for (let n = 0; n < 200; n++) {
    const begin = performance.now();
    check(timed, lab.ind_lab_run(timed, 0, prompt, 79));
    lab.ind_lab_logits(timed);
    times.push(performance.now() - begin);
}
times.sort((a, b) => a - b);
console.log(`a forward pass of 79 tokens with logits: ${times[100].toFixed(2)} ms (median of 200)`);
process.exit(wrong ? 1 : 0);
