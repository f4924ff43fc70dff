"""A browser with no network, and what an HTML part is made of. For tests/mail_clients.py and tests/catalogue.py."""
import base64
import html.parser
import json
import os
import re
import select
import subprocess

BROWSERS = ("chromium-headless-shell", "chromium")
WIDTH, HEIGHT = 360, 640            # CSS pixels of a small telephone


def squeezed(text):
    """Words alone: where lines break is the client's business."""
    return re.sub(r"\s+", " ", text.replace("\u00a0", " ").replace("\u202f", " ")).strip()


class Browser:
    """Chromium over its debugging pipe (no port, no library). It has no network: every request it would make is noted and refused."""

    def __init__(self, program, folder):
        to_read, self.out = os.pipe()
        self.into, to_write = os.pipe()

        def pipes():
            os.dup2(to_read, 50)
            os.dup2(to_write, 51)
            os.dup2(50, 3)
            os.dup2(51, 4)
            for number in (3, 4):
                os.set_inheritable(number, True)
        self.process = subprocess.Popen(
            [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe", "--hide-scrollbars",
             f"--user-data-dir={folder}/browser", "--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, close_fds=False, preexec_fn=pipes)
        os.close(to_read)
        os.close(to_write)
        self.buffer, self.number, self.requests, self.loaded, self.at, self.wanted = b"", 0, [], 0, "", None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime"):
            self.call(f"{domain}.enable")

    session = None

    def call(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.next()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def next(self):
        while b"\0" not in self.buffer:
            if not select.select([self.into], [], [], 120)[0]:
                raise TimeoutError("the browser does not answer")
            piece = os.read(self.into, 1 << 20)
            if not piece:
                raise RuntimeError("the browser has ended")
            self.buffer += piece
        one, self.buffer = self.buffer.split(b"\0", 1)
        answer = json.loads(one)
        if answer.get("method") == "Network.requestWillBeSent":
            self.requests.append(answer["params"]["request"]["url"])
        if answer.get("method") == "Page.frameNavigated":
            self.at = answer["params"]["frame"]["url"]
        if answer.get("method") == "Page.loadEventFired":
            self.loaded += self.at == self.wanted       # the end of the blank page's own load may be told only once another is asked for
        return answer

    def show(self, path, dark, width=WIDTH, scale=2):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=HEIGHT, deviceScaleFactor=scale, mobile=True)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        self.requests, self.loaded, self.at, self.wanted = [], 0, "", "file://" + path
        self.call("Page.navigate", url=self.wanted)
        while not self.loaded:
            self.next()

    def value(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(str(result["exceptionDetails"]))
        return result["result"].get("value")

    def whole(self):
        """The page from its head to its foot."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        return {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}

    def picture(self, path):
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=self.whole())
        with open(path, "wb") as f:
            f.write(base64.b64decode(shot["data"]))

    def close(self):
        self.process.terminate()
        self.process.wait()
        os.close(self.out)
        os.close(self.into)


# WCAG 2.1 1.4.3: contrast of every text with what lies behind it, the worst of the page.
CONTRAST = """(() => {
  const canvas = matchMedia('(prefers-color-scheme: dark)').matches ? [18, 18, 18] : [255, 255, 255];
  const rgb = t => (t.match(/[\\d.]+/g) || []).map(Number);
  const behind = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c; } return canvas; };
  const light = c => { const [r, g, b] = c.slice(0, 3).map(v => (v /= 255) <= .03928 ? v / 12.92 : Math.pow((v + .055) / 1.055, 2.4)); return .2126 * r + .7152 * g + .0722 * b; };
  let worst = 99;
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    if (!walk.currentNode.data.trim()) continue;
    const e = walk.currentNode.parentElement, a = light(rgb(getComputedStyle(e).color)), b = light(behind(e));
    worst = Math.min(worst, (Math.max(a, b) + .05) / (Math.min(a, b) + .05));
  }
  return worst;
})()"""


class Page(html.parser.HTMLParser):
    """What an HTML part is made of."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.words, self.links, self.language, self.hidden = set(), "", [], None, 0
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        values = dict(attributes)
        self.language = values.get("lang") if tag == "html" else self.language
        self.hidden += tag in ("style", "title")
        if tag == "a":
            self.links.append(values["href"])
        for name in values:
            assert not name.startswith("on") and name not in ("src", "background", "action"), f"<{tag} {name}>"
        self.words += "\n" if tag in ("p", "li", "h2", "br", "hr") else ""

    def handle_endtag(self, tag):
        self.hidden -= tag in ("style", "title")

    def handle_data(self, data):
        self.words += data if not self.hidden else ""
