"""Evidence photos that are plainly illustrations: flat shapes, no faces, no text."""

import io
import math

from PIL import Image, ImageDraw

WIDTH, HEIGHT, SCALE = 1200, 800, 2
MOST = 60_000
SKIN = ["#8d5a3b", "#c68a5f", "#e0ac86", "#a56b46", "#d39a72"]
HAIR = ["#2b1d17", "#4a2f22", "#1f1a1a", "#6b4630", "#33241c"]
SHIRT = ["#d9704a", "#3f7d8c", "#e3b04b", "#5a6fa8", "#7aa26a", "#b25673"]


class Canvas:
    """Draws in the units of the final picture, at twice its size, so that edges come out smooth."""

    def __init__(self, top: str, bottom: str):
        self.image = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), top)
        self.draw = ImageDraw.Draw(self.image)
        first, last = rgb(top), rgb(bottom)
        for y in range(HEIGHT):
            share = y / (HEIGHT - 1)
            tone = tuple(round(a + (b - a) * share) for a, b in zip(first, last))
            self.box(0, y, WIDTH, y + 1, tone)

    def at(self, *numbers):
        return [n * SCALE for n in numbers]

    def box(self, x0, y0, x1, y1, fill, radius=0):
        self.draw.rounded_rectangle(self.at(x0, y0, x1, y1), radius * SCALE, fill=fill)

    def disc(self, x, y, rx, fill, ry=None):
        ry = rx if ry is None else ry
        self.draw.ellipse(self.at(x - rx, y - ry, x + rx, y + ry), fill=fill)

    def shape(self, points, fill):
        self.draw.polygon([(x * SCALE, y * SCALE) for x, y in points], fill=fill)

    def line(self, points, fill, width):
        flat = [(x * SCALE, y * SCALE) for x, y in points]
        self.draw.line(flat, fill=fill, width=round(width * SCALE), joint="curve")

    def jpeg(self) -> bytes:
        small = self.image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
        for quality in (80, 72, 64, 56):
            out = io.BytesIO()
            small.save(out, "JPEG", quality=quality, optimize=True)
            if out.tell() <= MOST:
                break
        return out.getvalue()


def rgb(color: str) -> tuple[int, int, int]:
    return tuple(int(color[i : i + 2], 16) for i in (1, 3, 5))


def seen_from_behind(c: Canvas, x, y, size, n):
    """Head and shoulders of somebody who looks at the front of the room."""
    shirt, hair = SHIRT[n % len(SHIRT)], HAIR[n % len(HAIR)]
    c.box(x - size, y + size * 0.75, x + size, y + size * 3.2, shirt, size * 0.75)
    c.box(x - size * 0.22, y + size * 0.4, x + size * 0.22, y + size, SKIN[n % len(SKIN)], 6)
    c.disc(x, y, size * 0.58, hair, size * 0.68)
    if n % 3 == 0:
        c.box(x - size * 0.58, y, x + size * 0.58, y + size * 0.95, hair, size * 0.3)


def presenter(c: Canvas, x, y, size, n, side):
    """Somebody standing, with one arm towards what they explain."""
    skin, shirt = SKIN[n], SHIRT[n]
    c.box(x - size * 0.6, y + size * 3.2, x - size * 0.06, y + size * 6.4, "#33415c", size * 0.2)
    c.box(x + size * 0.06, y + size * 3.2, x + size * 0.6, y + size * 6.4, "#33415c", size * 0.2)
    reach = [(x + side * size * 0.5, y + size * 1.4), (x + side * size * 1.3, y + size * 1.2), (x + side * size * 2.1, y + size * 0.3)]
    c.line(reach, shirt, size * 0.38)
    c.disc(*reach[2], size * 0.22, skin)
    c.box(x - size * 0.85, y + size * 0.85, x + size * 0.85, y + size * 3.5, shirt, size * 0.5)
    c.line([(x - side * size * 0.7, y + size * 1.3), (x - side * size * 0.95, y + size * 2.9)], shirt, size * 0.36)
    c.disc(x - side * size * 0.95, y + size * 3.05, size * 0.2, skin)
    c.box(x - size * 0.2, y + size * 0.4, x + size * 0.2, y + size * 1.05, skin, 5)
    c.disc(x, y, size * 0.55, skin, size * 0.64)
    c.disc(x, y - size * 0.3, size * 0.57, HAIR[n], size * 0.42)
    c.box(x - side * size * 0.57 - 6, y - size * 0.35, x - side * size * 0.57 + 12, y + size * 0.7, HAIR[n], 9)


def window(c: Canvas, x, y, w, h):
    c.box(x, y, x + w, y + h, "#ffffff", 6)
    c.box(x + 10, y + 10, x + w - 10, y + h - 10, "#bfe0ee", 4)
    ground = y + h - 12
    for cx, rx, ry, tone in [(0.32, 0.24, 0.26, "#93bf8a"), (0.70, 0.22, 0.34, "#7fae7a")]:
        left, right = x + w * (cx - rx), x + w * (cx + rx)
        c.draw.pieslice(c.at(left, ground - h * ry, right, ground + h * ry), 180, 360, fill=tone)
    c.box(x + 10, y + h - 16, x + w - 10, y + h - 4, "#ffffff")
    c.box(x + w / 2 - 4, y + 8, x + w / 2 + 4, y + h - 8, "#ffffff")


def bunting(c: Canvas, y, colors):
    points = [(x, y + 34 * math.sin(math.pi * (x % 300) / 300)) for x in range(0, WIDTH + 1, 10)]
    c.line(points, "#8a7a6a", 2)
    for i, x in enumerate(range(15, WIDTH, 50)):
        top = y + 34 * math.sin(math.pi * (x % 300) / 300)
        c.shape([(x, top), (x + 34, top), (x + 17, top + 38)], colors[i % len(colors)])


def audience(c: Canvas, rows):
    n = 0
    for y, size, count, shift in rows:
        step = WIDTH / count
        for i in range(count):
            seen_from_behind(c, shift + step * (i + 0.5), y, size, n * 7 % 30 + i)
            n += 1


def classroom() -> Canvas:
    """A youth session: a facilitator at the board, three rows of people."""
    c = Canvas("#f6ead7", "#ecd9bd")
    c.box(0, 610, WIDTH, HEIGHT, "#c99f72")
    c.box(0, 600, WIDTH, 612, "#a97f55")
    window(c, 60, 150, 190, 230)
    window(c, 960, 150, 190, 230)
    c.box(320, 110, 880, 430, "#8a6a4a", 10)
    c.box(334, 124, 866, 416, "#2f5d50", 4)
    nodes = [(430, 200), (600, 180), (760, 220), (520, 320), (700, 340)]
    for a, b in [(0, 1), (1, 2), (0, 3), (1, 3), (1, 4), (2, 4)]:
        c.line([nodes[a], nodes[b]], "#e9f0e6", 4)
    for i, (x, y) in enumerate(nodes):
        c.disc(x, y, 30, ["#f2c14e", "#e98a5b", "#8fc1d4"][i % 3])
    presenter(c, 925, 270, 58, 2, -1)
    bunting(c, 36, ["#d9704a", "#3f7d8c", "#e3b04b", "#7aa26a"])
    audience(c, [(505, 44, 8, 0), (590, 54, 7, 20), (690, 64, 6, -15)])
    return c


def desk() -> Canvas:
    """A work table: a printed annex, a screen with charts, plants."""
    c = Canvas("#e4edf3", "#d3e1ea")
    c.box(0, 560, WIDTH, HEIGHT, "#b98a5e")
    c.box(0, 552, WIDTH, 572, "#9a6f47")
    window(c, 70, 90, 260, 300)
    c.box(690, 480, 810, 560, "#5d6b78")
    c.box(630, 546, 870, 566, "#4b5763", 8)
    c.box(480, 130, 1020, 490, "#37424d", 18)
    c.box(500, 150, 1000, 468, "#f7fafc", 6)
    c.box(500, 150, 1000, 190, "#2f5f8a", 6)
    for i, h in enumerate([60, 95, 80, 130, 165, 150]):
        c.box(530 + i * 36, 440 - h, 556 + i * 36, 440, ["#3f7d8c", "#e3b04b"][i % 2], 3)
    c.draw.pieslice(c.at(790, 225, 960, 395), -90, 130, fill="#d9704a")
    c.draw.pieslice(c.at(790, 225, 960, 395), 130, 220, fill="#5a6fa8")
    c.draw.pieslice(c.at(790, 225, 960, 395), 220, 270, fill="#e3b04b")
    c.disc(875, 310, 38, "#f7fafc")
    for i in range(3):
        c.box(790, 412 + i * 16, 960 - i * 34, 420 + i * 16, "#c3d0da", 4)
    c.shape([(170, 730), (250, 590), (520, 590), (490, 730)], "#ffffff")
    c.shape([(205, 722), (275, 600), (505, 600), (478, 722)], "#fbfdff")
    for i in range(6):
        y = 615 + i * 17
        c.line([(282 - i * 9, y), (480 - i * 5 - (60 if i % 3 == 2 else 0), y)], "#9db0c0", 5)
    c.box(330, 640, 390, 690, "#3f7d8c", 4)
    c.line([(560, 720), (650, 620)], "#d9704a", 12)
    c.shape([(552, 730), (566, 724), (556, 712)], "#f0d9b5")
    c.disc(760, 670, 120, "#9a6f47", 14)
    c.box(640, 618, 880, 664, "#e9eef2", 10)
    for row in range(2):
        for key in range(11):
            c.box(652 + key * 20, 626 + row * 17, 667 + key * 20, 639 + row * 17, "#b8c5cf", 3)
    for angle in range(-70, 71, 28):
        tip = (1090 + 120 * math.sin(math.radians(angle)), 520 - 150 * math.cos(math.radians(angle)))
        c.line([(1090, 540), tip], "#5d8f5a", 20)
        c.disc(*tip, 24, "#76a86f")
    c.shape([(1030, 530), (1150, 530), (1132, 640), (1048, 640)], "#d9704a")
    return c


def training() -> Canvas:
    """A course on data sets: a projected table, someone pointing, people at tables."""
    c = Canvas("#eef0ea", "#dfe5d8")
    c.box(0, 590, WIDTH, HEIGHT, "#b7b39a")
    c.box(0, 580, WIDTH, 592, "#98947b")
    c.box(250, 70, 870, 440, "#5d6b78", 8)
    c.box(262, 82, 858, 428, "#fdfefe", 4)
    for row in range(7):
        for col in range(5):
            x, y = 284 + col * 112, 104 + row * 44
            tone = "#2f5f8a" if row == 0 else ("#e8eef3" if (row + col) % 2 else "#d7e3ec")
            if (row, col) in [(3, 2), (5, 4)]:
                tone = "#e98a5b"
            c.box(x, y, x + 100, y + 34, tone, 4)
    window(c, 40, 130, 160, 240)
    presenter(c, 960, 235, 60, 1, -1)
    audience(c, [(520, 46, 7, 10)])
    c.box(40, 640, 1160, 668, "#8a6a4a", 8)
    for i in range(5):
        x = 110 + i * 225
        c.shape([(x, 640), (x + 110, 640), (x + 100, 580), (x + 10, 580)], "#45525e")
        c.shape([(x + 8, 634), (x + 102, 634), (x + 94, 586), (x + 16, 586)], "#bfe0ee")
    audience(c, [(690, 62, 6, 0)])
    return c


def planting() -> Canvas:
    """Trees planted in a park, with the tools beside them."""
    c = Canvas("#cfe8f3", "#f3f1dc")
    c.disc(980, 150, 70, "#f6d266")
    c.disc(300, 640, 620, "#a9cf95", 210)
    c.disc(1000, 660, 560, "#97c286", 200)
    c.box(0, 640, WIDTH, HEIGHT, "#86b374")
    for i, (x, y, r) in enumerate([(180, 400, 95), (430, 450, 75), (680, 410, 90), (930, 455, 80)]):
        c.box(x - 10, y + r * 0.5, x + 10, y + r + 150, "#8a6a4a", 5)
        c.disc(x, y, r, ["#5d9a5a", "#6fae66"][i % 2])
        c.disc(x - r * 0.5, y + r * 0.3, r * 0.62, ["#69a864", "#7cba71"][i % 2])
        c.disc(x + r * 0.5, y + r * 0.3, r * 0.6, ["#549052", "#63a15d"][i % 2])
        c.disc(x, y + r + 156, r * 0.8, "#8a6f4d", 24)
    c.line([(1075, 470), (1050, 690)], "#a97f55", 14)
    c.shape([(1022, 680), (1080, 686), (1064, 750), (1036, 748)], "#6d7a86")
    c.box(560, 690, 680, 770, "#3f7d8c", 14)
    c.line([(680, 720), (740, 690)], "#3f7d8c", 16)
    return c


SCENES = {"classroom": classroom, "desk": desk, "training": training, "planting": planting}


def build(scene: str) -> bytes:
    """A scene as a JPEG of at most 60 kB."""
    data = SCENES[scene]().jpeg()
    assert len(data) <= MOST, f"{scene}: {len(data)} bytes"
    return data


def size(data: bytes) -> tuple[int, int]:
    """Width and height of a JPEG."""
    return Image.open(io.BytesIO(data)).size
