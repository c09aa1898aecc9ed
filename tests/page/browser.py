"""The lab in a real browser: Debian's chromium, driven by python3-selenium.

    browser.py report FILE.html RUN     a report from the disk, without a network
    browser.py served URL RUN           the same page served, its numbers against the programs'
    browser.py live URL                 a page that looks on while a run trains

Prints what is not as it should be, and ends with 1 if anything was. Timings are printed, not judged.
"""
import base64
import csv
import io
import json
import os
import subprocess
import sys
import tempfile
import time

try:
    from selenium import webdriver
    from selenium.common.exceptions import WebDriverException
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.support.ui import Select
except ImportError:
    print("skipped: no python3-selenium (.ci/setup page)")
    sys.exit(77)

DRIVER = "/usr/bin/chromedriver"
failures = 0


def expect(what, got, wanted):
    global failures
    if got != wanted:
        failures += 1
        print(f"{what}: {got!r}, expected {wanted!r}")


def expect_true(what, got):
    expect(what, bool(got), True)


def near(what, got, wanted, relative=1e-5):
    if abs(got - wanted) > relative * max(abs(wanted), 1e-3):
        expect(what, got, wanted)


def browser(downloads):
    options = webdriver.ChromeOptions()
    for word in ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1400,1000"]:
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(service=Service(DRIVER), options=options)
    driver.execute_cdp_cmd("Browser.setDownloadBehavior",
                           {"behavior": "allow", "downloadPath": downloads})
    size(driver, 1400, 1000)
    return driver


def size(driver, width, height, dark=False):
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
        {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]})


class Page:
    def __init__(self, driver, address):
        self.driver = driver
        self.address = address
        driver.get(address)
        self.wait("the page begins", "return globalThis.lab && !document.getElementById('waiting')")

    def ask(self, script, *values):
        return self.driver.execute_script(script, *values)

    def state(self, name):
        return self.ask("return lab.state[arguments[0]]", name)

    def wait(self, what, script, *values, seconds=60):
        end = time.time() + seconds
        while time.time() < end:
            got = self.ask(script, *values)
            if got:
                return got
            time.sleep(0.03)
        expect(f"waited in vain: {what}", False, True)
        return None

    def settle(self):
        """Until the model has answered for the present state, all sequences."""
        self.ask("return new Promise(done => requestAnimationFrame(() => setTimeout(done, 120)))")
        self.wait("the model answers", """
            const {accuracy, ops, run, epoch} = lab.state, each = lab.runs[run];
            return accuracy && accuracy.ops === ops && accuracy.epoch === each.weightsEpoch(epoch) &&
                accuracy.periods.length === each.periods.length &&
                accuracy.periods.every(row => row.sequences === each.sequences)""")
        self.frame()
        self.ask("lab.drawAll()")

    def frame(self):
        self.driver.execute_async_script(
            "requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(arguments[0], 30)))")

    def find(self, css):
        return self.driver.find_element(By.CSS_SELECTOR, css)

    def click(self, css):
        element = self.find(css)
        self.ask("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()
        self.frame()

    def hover(self, css):
        element = self.find(css)
        self.ask("arguments[0].scrollIntoView({block: 'center'})", element)
        ActionChains(self.driver).move_to_element(element).perform()
        self.frame()

    def keys(self, css, *keys):
        element = self.find(css)
        self.ask("arguments[0].focus()", element)
        for key in keys:
            ActionChains(self.driver).send_keys(key).perform()
            self.frame()

    def press(self, *keys):
        self.ask("document.activeElement.blur()")
        for key in keys:
            ActionChains(self.driver).send_keys(key).perform()
            self.frame()

    def choose(self, css, value):
        Select(self.find(css)).select_by_value(value)
        self.frame()

    def console(self, what):
        lines = [line["message"] for line in self.driver.get_log("browser") if line["level"] == "SEVERE"]
        expect(f"{what}: the console", lines, [])


# ---- One view after the other ------------------------------------------------------------------------

def check_slider(page):
    epochs = page.ask("return lab.runs[0].epochs")
    expect("begins at the last checkpoint", page.state("epoch"), epochs[-1])
    for key, wanted in [(Keys.HOME, epochs[0]), (Keys.ARROW_RIGHT, epochs[1]), (Keys.ARROW_LEFT, epochs[0]),
                        (Keys.PAGE_UP, epochs[min(10, len(epochs) - 1)]), (Keys.PAGE_DOWN, epochs[0]),
                        (Keys.END, epochs[-1])]:
        page.keys("#slider", key)
        expect(f"slider, key {key!r}", page.state("epoch"), wanted)
    slider = page.find("#slider")
    expect("role", slider.get_attribute("role"), "slider")
    expect_true("value in words", slider.get_attribute("aria-valuetext").startswith("epoch "))
    box = page.ask("const b = arguments[0].getBoundingClientRect(); return [b.width, b.height]", slider)
    ActionChains(page.driver).move_to_element(slider).click_and_hold() \
        .move_by_offset(-int(box[0] / 2) + 12, 0).release().perform()
    page.frame()
    expect("dragged to the left end", page.state("epoch"), epochs[0])
    field = page.find("#epoch")
    field.clear()
    field.send_keys(str(epochs[1] + 1), Keys.ENTER)
    page.frame()
    expect("an epoch typed: the nearest", page.state("epoch"), epochs[1])
    page.click("#log")
    expect("log scale", page.state("log"), True)
    page.press("l")
    expect("linear again, by key", page.state("log"), False)
    page.keys("#slider", Keys.HOME)
    page.press(Keys.SPACE)
    page.wait("it plays to the end", "return lab.state.epoch === arguments[0]", epochs[-1], seconds=30)
    page.wait("and stops", "return !lab.state.playing", seconds=5)


def check_heads(page):
    page.hover("[data-head='1']")
    expect("hover", page.state("hover"), 1)
    expect_true("the pattern is that head's", page.find("#h-pattern").text.endswith("L0H1"))
    page.click("[data-head='1']")
    page.hover("#h-tokens")
    expect("a click locks", (page.state("head"), page.state("hover")), (1, -1))
    expect_true("and says so", "locked" in page.find("#h-pattern").text)
    page.press(Keys.ESCAPE)
    expect("Esc lets go", page.state("head"), -1)
    page.keys("[data-head='0']", Keys.ARROW_RIGHT, Keys.ENTER)
    expect("by arrows and Enter", page.state("head"), 1)
    page.press(Keys.ESCAPE)
    page.click("[data-value='mean']")
    expect("the mean", page.state("map"), "mean")
    expect_true("in words", "mean of" in page.find("#heads .note").text)
    page.click("[data-value='role']")
    page.click("[data-value='index']")
    page.click("[data-value='sample']")
    page.press("m")
    expect("diagonals off", len(page.driver.find_elements(By.CSS_SELECTOR, "#heads .marks line")), 0)
    page.press("m")
    expect_true("and on", page.driver.find_elements(By.CSS_SELECTOR, "#heads .marks line.induction"))
    painted = page.ask("""return [...document.querySelectorAll('canvas')].filter(c => {
        const pixels = new Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer);
        return new Set(pixels).size < 3 }).map(c => c.id || c.closest('[data-head]')?.dataset.head)""")
    expect("canvases without a picture", painted, [])


def check_pattern(page):
    page.hover("#pattern-square")
    expect_true("what is under the pointer is said", page.find("#pattern .read").text.startswith(("position", "row")))
    page.keys("#pattern-square", Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ENTER)
    expect_true("a row by keyboard", page.state("token") >= 0)
    page.press(Keys.ESCAPE)
    expect("let go", page.state("token"), -1)


def check_tokens(page):
    page.click("[data-token='9']")
    expect("a token is locked", page.state("token"), 9)
    expect("five predictions", len(page.driver.find_elements(By.CSS_SELECTOR, ".top li")), 5)
    page.keys("[data-token='9']", Keys.ARROW_RIGHT)
    expect("the next by an arrow", page.state("token"), 10)
    page.keys("[data-token='10']", "e")
    ActionChains(page.driver).send_keys(Keys.BACKSPACE, Keys.BACKSPACE, Keys.BACKSPACE, "7", Keys.ENTER).perform()
    page.settle()
    expect("a token typed over", page.ask("return lab.state.tokens[10]"), 7)
    page.click("#tokens-sample")
    expect("the sample again", page.state("tokens"), None)
    page.ask("""const p = document.getElementById('period'); p.value = 4;
        p.dispatchEvent(new Event('input'))""")
    page.settle()
    tokens = page.state("tokens")
    expect("a period drawn", all(t == tokens[i % 4] for i, t in enumerate(tokens)), True)
    page.click("[data-token='1']")
    page.click("#tokens-plant")
    tokens = page.state("tokens")
    expect("planted", tokens[:4].count(tokens[1]), 2)
    field = page.find("#typed")
    field.clear()
    field.send_keys("1 2 3 1 2 3 1 2", Keys.ENTER)
    page.settle()
    expect("typed", (page.state("tokens"), page.state("period")), ([1, 2, 3, 1, 2, 3, 1, 2], 3))
    expect("so many chips", len(page.driver.find_elements(By.CSS_SELECTOR, ".chip")), 8)
    field.clear()
    field.send_keys("1 2 99999", Keys.ENTER)
    page.frame()
    expect_true("what is no token is told", page.find("#tokens .problem").text)
    page.click("#tokens-sample")
    page.press(Keys.ESCAPE)
    page.settle()


def check_operations(page):
    heads = page.ask("return lab.runs[0].heads")
    page.click("#drop-pp")
    page.settle()
    expect("dropped", page.ask("return lab.state.ops.length"), 1)
    expect_true("in words", "PP (position-position) taken" in page.find("#sentence").text)
    expect_true("a row of figures before and after", page.find("tr[data-period] .delta").text)
    page.choose("#op-" + heads[0], "off.zero")
    page.choose("#op-" + heads[1], "pattern.previous")
    page.settle()
    expect("three together", page.ask("return lab.state.ops.length"), 3)
    for choice in ["off.mean", "pattern.own", "pattern.uniform", "pattern.donor", "graft.head", "graft.qk", "graft.ov"]:
        page.choose("#op-" + heads[-1], choice)
        page.settle()
        expect(f"{choice}: no complaint", page.state("problem"), "")
    check_sums(page)
    page.press("r")
    expect("reset by key", page.ask("return lab.state.ops.length"), 0)
    page.settle()
    page.choose("#op-" + heads[-1], "graft.head")
    page.ask("lab.set({donor: lab.state.epoch})")
    page.settle()
    same = page.ask("return lab.state.accuracy.periods.every(r => r.before.loss === r.after.loss)")
    expect("a head of the same epoch changes nothing", same, True)
    page.click("#reset")
    page.settle()


def check_sums(page):
    page.click("[data-token='12']")
    page.frame()
    proofs = [e.text for e in page.driver.find_elements(By.CSS_SELECTOR, "#step .note") if "Adds up" in e.text]
    expect("sums shown", len(proofs), 2)
    expect("and right", [text for text in proofs if "\u2713" not in text], [])
    page.press(Keys.ESCAPE)


def check_curves(page):
    for name in ["training", "accuracy", "scores"]:
        page.click(f"#{name} .chart")
        expect_true(f"{name}: a click in the middle is an epoch in the middle",
                    page.state("epoch") < page.ask("return lab.runs[0].last"))
        page.keys("#slider", Keys.END)
    page.choose("#measure-score", "induction")
    expect_true("another score", "induction" in page.find("#scores .help").text)
    page.choose("#measure-across", "entropy")
    expect_true("another axis", "entropy" in page.find("#scatter .chart").get_attribute("aria-label"))
    expect("a dot for each head", len(page.driver.find_elements(By.CSS_SELECTOR, "#scatter .dot")),
           page.ask("return lab.runs[0].heads.length"))


def check_beside(page):
    first = page.ask("return lab.runs[0].epochs[0]")
    page.wait("both sides are there", "return document.querySelector('#compare-difference').width > 100 || "
              "document.querySelector('#compare-difference').width === lab.runs[0].length")
    expect_true("the first epoch", f"epoch {first}" in page.find("#compare figure:nth-child(2)").text)
    page.click("#compare .controls button")
    expect("pinned", page.state("other"), {"run": 0, "epoch": page.state("epoch")})
    expect_true("nothing moved", "most 0.000" in page.find("#compare figure:nth-child(3)").text)


def check_out(page, downloads):
    panels = [e.get_attribute("id") for e in page.driver.find_elements(By.CSS_SELECTOR, ".panel")]
    expect("panels", len(panels), 10)
    magic = {"PNG": b"\x89PNG", "SVG": b"<svg", "TSV": b"# induct-lab"}
    for name in panels:
        for button in page.driver.find_elements(By.CSS_SELECTOR, f"#{name} .ways button"):
            kind = button.text
            if kind == "Table":
                page.ask("arguments[0].click()", button)
                page.frame()
                rows = page.driver.find_elements(By.CSS_SELECTOR, f"#{name} .table tbody tr")
                expect_true(f"{name}: a table", len(rows) > 0)
                page.ask("arguments[0].click()", button)
                continue
            page.ask("arguments[0].click()", button)
            found = None
            end = time.time() + 10
            while not found and time.time() < end:
                found = next((f for f in os.listdir(downloads)
                              if f.endswith(f"-{name}.{kind.lower()}")), None)
                time.sleep(0.05)
            if not found:
                expect(f"{name}: {kind} saved", None, "a file")
                continue
            with open(os.path.join(downloads, found), "rb") as file:
                data = file.read()
            expect(f"{name}: {kind} begins", data.startswith(magic[kind]), True)
            expect_true(f"{name}: {kind} holds something", len(data) > (400 if kind != "TSV" else 60))


def check_address(page):
    page.click("#drop-cp")
    page.click("[data-head='2']")
    page.click("[data-token='9']")
    page.keys("#slider", Keys.HOME, Keys.ARROW_RIGHT)
    page.settle()
    time.sleep(0.4)
    address = page.ask("return location.href")
    names = ["epoch", "head", "token", "ops", "map", "score", "across", "other", "donor"]
    before = {name: page.state(name) for name in names}
    page.driver.get("about:blank")
    again = Page(page.driver, address)
    again.settle()
    expect("a link is a finding", {name: again.state(name) for name in names}, before)
    Page(page.driver, page.address.split("#")[0] + "#epoch=x&head=%&ops=drop.zz.all_off.zero.L9H9&token=-4&tokens=1.2.x&with=9.z&score=constructor")
    page.settle()
    expect("nonsense in an address", [page.ask("return lab.state.ops"), page.state("head"), page.state("token")],
           [[], -1, -1])


# ---- For everybody -----------------------------------------------------------------------------------

NAMES = r"""
const named = (e) => e.getAttribute('aria-label') || e.getAttribute('title') || e.textContent.trim() ||
    (e.labels && [...e.labels].map(l => l.textContent.trim()).join('')) ||
    (e.getAttribute('aria-labelledby') || '').split(' ').map(id => document.getElementById(id)?.textContent).join('');
const all = [...document.querySelectorAll('button, select, input, [role=slider], [role=listbox], [role=radiogroup], ' +
    '[role=radio], [role=img], [role=region], [role=application], section')];
return all.filter(e => e.checkVisibility() && !named(e)).map(e => e.outerHTML.slice(0, 120))"""

STRUCTURE = r"""
const wrong = [];
const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
for (const id of ids) if (ids.filter(x => x === id).length > 1) wrong.push('twice: ' + id);
for (const e of document.querySelectorAll('[tabindex]')) if (e.tabIndex > 0) wrong.push('tabindex ' + e.outerHTML.slice(0, 80));
for (const e of document.querySelectorAll('[role=radio]')) if (!e.closest('[role=radiogroup]')) wrong.push('radio alone');
for (const e of document.querySelectorAll('[role=option]')) if (!e.closest('[role=listbox]')) wrong.push('option alone');
for (const e of document.querySelectorAll('[aria-labelledby]'))
    if (!document.getElementById(e.getAttribute('aria-labelledby'))) wrong.push('labelled by nothing');
for (const e of document.querySelectorAll('table')) if (!e.querySelector('th[scope]')) wrong.push('a table without heads');
for (const e of document.querySelectorAll('svg:not([aria-hidden]):not([role]):not(.marks)'))
    if (e.checkVisibility() && !e.closest('[aria-hidden]')) wrong.push('svg without a role: ' + e.outerHTML.slice(0, 80));
if (document.documentElement.lang !== 'en') wrong.push('no language');
if (document.querySelectorAll('h1').length !== 1) wrong.push('h1');
for (const e of document.querySelectorAll('[role=slider]'))
    for (const a of ['aria-valuemin', 'aria-valuemax', 'aria-valuenow', 'aria-valuetext'])
        if (!e.hasAttribute(a)) wrong.push('slider without ' + a);
return wrong"""

CONTRAST = r"""
const parse = (text) => text.match(/[\d.]+/g).map(Number);
const light = ([r, g, b]) => [r, g, b].map(c => (c /= 255) <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
    .reduce((s, c, i) => s + c * [.2126, .7152, .0722][i], 0);
const ground = (e) => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor);
    if (c.length === 3 || c[3] > .99) return c; } return [255, 255, 255]; };
const low = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let node; (node = walker.nextNode());) {
    const e = node.parentElement;
    if (!node.textContent.trim() || e.closest('script, style, svg, option, :disabled, .offstage') || !e.checkVisibility()) continue;
    const style = getComputedStyle(e);
    const [a, b] = [light(parse(style.color)), light(ground(e))].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    if (ratio < 4.5) low.push(node.textContent.trim().slice(0, 30) + ' ' + ratio.toFixed(2));
}
return [...new Set(low)].slice(0, 10)"""

OVERFLOW = r"""
const wide = [];
if (document.documentElement.scrollWidth > innerWidth) wide.push('the page: ' + document.documentElement.scrollWidth);
for (const e of document.querySelectorAll('.panel *, #top *')) {
    if (!e.checkVisibility() || e.closest('svg, .scroll, .table, .outcome, .scores-beside, select') || e.closest('.over')) continue;
    const box = e.getBoundingClientRect(), panel = e.closest('.panel, #top').getBoundingClientRect();
    if (box.width > 0 && (box.right > panel.right + 1 || box.left < panel.left - 1))
        wide.push(e.tagName + '.' + e.className + ' ' + Math.round(box.right - panel.right));
}
return wide.slice(0, 8)"""

OVERLAP = r"""
const boxes = [...document.querySelectorAll('.panel')].map(e => [e.id, e.getBoundingClientRect()]);
const over = [];
for (const [a, p] of boxes) for (const [b, q] of boxes)
    if (a < b && p.left < q.right - 1 && q.left < p.right - 1 && p.top < q.bottom - 1 && q.top < p.bottom - 1) over.push(a + '/' + b);
const empty = boxes.filter(([id, p]) => p.height < 90).map(([id]) => 'empty: ' + id);
return [...over, ...empty]"""


def check_everybody(page, shots):
    expect("controls without a name", page.ask(NAMES), [])
    expect("structure", page.ask(STRUCTURE), [])
    page.ask("scrollTo(0, 0); document.querySelector('.skip').focus()")
    seen = ["skip"]
    for _ in range(12):
        ActionChains(page.driver).send_keys(Keys.TAB).perform()
        seen.append(page.ask("const e = document.activeElement; return e.id || e.dataset.head || e.dataset.value || e.className"))
    wanted = ["skip", "play", "slider", "epoch", "log"]
    expect("focus goes from the top", [name for name in seen if name in wanted], wanted)
    expect_true("and is seen", page.ask("return getComputedStyle(document.activeElement).outlineStyle !== 'none'"))
    epochs = page.ask("return lab.runs[0].epochs")
    for width, height in [(1400, 1000), (900, 1000), (390, 844)]:
        for dark in [False, True]:
            size(page.driver, width, height, dark)
            for place, epoch in [("first", epochs[0]), ("middle", epochs[len(epochs) // 2]), ("last", epochs[-1])]:
                page.ask("lab.set({epoch: arguments[0]})", epoch)
                page.settle()
                where = f"{width} {'dark' if dark else 'light'} {place}"
                expect(f"{where}: too wide", page.ask(OVERFLOW), [])
                expect(f"{where}: overlap", page.ask(OVERLAP), [])
                if shots:
                    shoot(page, os.path.join(shots, f"{where.replace(' ', '-')}.png"), width)
            expect(f"{width} {'dark' if dark else 'light'}: contrast below 4.5", page.ask(CONTRAST), [])
    size(page.driver, 700, 500)
    page.frame()
    expect("at 200 %", page.ask(OVERFLOW), [])
    size(page.driver, 1400, 1000)


def shoot(page, path, width):
    height = page.ask("return document.documentElement.scrollHeight")
    picture = page.driver.execute_cdp_cmd("Page.captureScreenshot", {
        "captureBeyondViewport": True, "clip": {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}})
    with open(path, "wb") as file:
        file.write(base64.b64decode(picture["data"]))


def check_touch(page):
    page.driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True})

    def tap(css, share=0.5):
        element = page.find(css)
        page.ask("arguments[0].scrollIntoView({block: 'center'})", element)
        box = page.ask("const b = arguments[0].getBoundingClientRect(); return [b.x, b.y, b.width, b.height]", element)
        point = {"x": box[0] + box[2] * share, "y": box[1] + box[3] / 2}
        page.driver.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
        page.driver.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        time.sleep(0.2)
        page.frame()

    tap("[data-head='0']")
    expect("a tap locks a head", page.state("head"), 0)
    tap("[data-token='5']")
    expect("and a token", page.state("token"), 5)
    tap("#slider", 0.02)
    expect("and moves the slider", page.state("epoch"), page.ask("return lab.runs[0].epochs[0]"))
    page.driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": False})
    page.press(Keys.ESCAPE, Keys.ESCAPE)
    page.keys("#slider", Keys.END)


def measure(page):
    """Prints what the page takes: scrubbing, the model, memory, first paint."""
    paint = page.ask("return performance.getEntriesByType('paint')[0]?.startTime")
    page.ask("scrollTo(0, 0)")
    page.driver.set_script_timeout(300)
    page.driver.execute_async_script("""
        const done = arguments[0], {epochs} = lab.runs[0];
        lab.frames.length = 0;
        let i = 0;
        const step = () => { if (i >= Math.max(epochs.length, 200)) return done();
            lab.set({epoch: epochs[i++ % epochs.length]}); requestAnimationFrame(step); };
        step();""")
    frames = sorted(page.ask("return lab.frames"))
    passes = sorted(page.ask("return lab.milliseconds.forward"))
    at = lambda list, share: list[min(len(list) - 1, int(share * len(list)))]
    print(f"first paint {paint:.0f} ms; scrubbing {len(frames)} frames: median {at(frames, .5):.1f}, p95 "
          f"{at(frames, .95):.1f} ms of work; a pass, with and without changes: median {at(passes, .5):.1f}, p95 "
          f"{at(passes, .95):.1f} ms; memory {page.ask('return performance.memory.usedJSHeapSize / 1e6'):.0f} MB")


# ---- Against the programs ----------------------------------------------------------------------------

def table(*command):
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return list(csv.DictReader(io.StringIO("\n".join(lines)), delimiter="\t"))


def check_numbers(page, run):
    n = str(page.ask("return lab.runs[0].sequences"))
    periods = ",".join(map(str, page.ask("return lab.runs[0].periods")))
    epoch = str(page.state("epoch"))
    page.settle()
    rows = page.ask("return lab.state.accuracy.periods")
    for row, native in zip(rows, table("induct-eval", run, "--epochs", epoch, "--periods", periods, "-n", n), strict=True):
        near(f"accuracy at {row['period']}", row["before"]["accuracy"], float(native["accuracy"]))
        near(f"loss at {row['period']}", row["before"]["loss"], float(native["loss"]))
        p = rows.index(row)
        near("the stored accuracy", page.ask("return lab.runs[0].accuracy(lab.state.epoch, arguments[0])", p), float(native["accuracy"]))
    period = str(page.ask("return lab.runs[0].period"))
    for native in table("induct-score", run, "--epochs", epoch, "--period", period, "--sequences", n):
        for name in ["prev_token", "induction", "entropy"]:
            got = page.ask("const r = lab.runs[0]; return r.score(lab.state.epoch, r.heads.indexOf(arguments[0]), r.scoreIndex(arguments[1]))",
                           native["head"], name)
            near(f"{name} of {native['head']}", got, float(native[name]), 1e-4)
    patterns = page.ask("return Array.from(lab.state.result.before.patterns)")
    length = page.ask("return lab.state.result.length")
    heads = page.ask("return lab.runs[0].heads")
    for native in table("induct-pattern", run, "--values", "--epochs", epoch, "--period", period):
        at = (heads.index(native["head"]) * length + int(native["query"])) * length + int(native["key"])
        near(f"pattern {native['head']} {native['query']} {native['key']}", patterns[at], float(native["value"]), 2e-5)
    page.click("#drop-pp")
    page.settle()
    for native in table("induct-split", run, "--drop", "pp", "--epochs", epoch, "--periods", periods, "--sequences", n):
        row = next(r for r in page.ask("return lab.state.accuracy.periods") if r["period"] == int(native["period"]))
        near(f"without PP at {native['period']}", row["after"]["accuracy"], float(native["accuracy_dropped"]))
    page.click("#reset")
    page.choose("#op-" + heads[1], "off.zero")
    page.settle()
    for native in table("induct-ablate", run, "--heads", heads[1], "--epochs", epoch, "--periods", periods, "--sequences", n):
        row = next(r for r in page.ask("return lab.state.accuracy.periods") if r["period"] == int(native["period"]))
        near(f"without {heads[1]} at {native['period']}", row["after"]["accuracy"], float(native["accuracy_ablated"]))
    page.click("#reset")
    page.settle()


# ---- What is asked for -------------------------------------------------------------------------------

def report(driver, downloads, path, run):
    driver.execute_cdp_cmd("Network.enable", {})
    driver.execute_cdp_cmd("Network.emulateNetworkConditions",
                           {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0})
    page = Page(driver, "file://" + os.path.abspath(path))
    page.settle()
    for check in [check_slider, check_heads, check_pattern, check_tokens, check_operations, check_sums, check_curves,
                  check_beside, check_touch]:
        check(page)
    check_out(page, downloads)
    check_everybody(page, os.environ.get("INDUCT_SHOTS"))
    check_address(page)
    measure(page)
    page.console("the report")


def served(driver, downloads, url, run):
    page = Page(driver, url)
    page.wait("all is measured", "return lab.runs[0].sorted.length === lab.runs[0].epochs.length")
    check_numbers(page, run)
    check_slider(page)
    page.console("the served page")


def live(driver, downloads, url):
    page = Page(driver, url)
    first = page.ask("return lab.runs[0].epochs.length")
    page.wait("more checkpoints appear and are shown", """
        const r = lab.runs[0];
        return r.epochs.length > arguments[0] + 2 && lab.state.epoch > 0 && lab.state.epoch === r.sorted.at(-1)""", first)
    page.keys("#slider", Keys.HOME)
    expect("a touched slider is pinned", page.state("follow"), False)
    count = page.ask("return lab.runs[0].epochs.length")
    page.wait("it goes on beside", "return lab.runs[0].epochs.length > arguments[0]", count)
    expect("and stays", page.state("epoch"), 0)
    page.click("#follow")
    expect_true("until it is asked to follow", page.state("epoch") > 0)
    page.console("the live page")


def main():
    with tempfile.TemporaryDirectory() as downloads:
        try:
            driver = browser(downloads)
        except WebDriverException as error:
            print(f"skipped: no browser (.ci/setup page): {error.msg}")
            return 77
        try:
            {"report": report, "served": served, "live": live}[sys.argv[1]](driver, downloads, *sys.argv[2:])
        finally:
            driver.quit()
    return 1 if failures else 0


sys.exit(main())
