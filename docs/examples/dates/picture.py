"""Draws cross-attention weights: a panel a head, characters on both axes."""

import math

from PIL import Image, ImageDraw, ImageFont

CELL = 20
MARGIN = 30
COLUMNS = 2
ENLARGED = 2  # Pillow's own font has one size
CAPTION = ("Rows: what the model wrote. Columns: what it read. "
           "The darker, the more it looked there.")
INK = (20, 20, 20)
PAPER = (255, 255, 255)
DARKEST = (8, 48, 107)  # the color of weight 1; 0 is paper


def _color(weight):
    return tuple(round(light + (dark - light) * float(weight))
                 for light, dark in zip(PAPER, DARKEST))


def _letter(pen, font, x, y, character):
    """In the middle of the cell at x, y; a space is shown as an open box."""
    if character == " ":
        pen.line([x + 6, y + 12, x + 6, y + 15, x + 13, y + 15, x + 13, y + 12],
                 fill=INK)
        return
    left, top, right, bottom = pen.textbbox((0, 0), character, font=font)
    pen.text((x + (CELL - right - left) / 2, y + (CELL - bottom - top) / 2),
             character, fill=INK, font=font)


def _panel(pen, font, x, y, title, rows, columns, weights):
    pen.text((x + CELL, y - MARGIN / 2), title, fill=INK, font=font)
    for column, character in enumerate(columns):
        _letter(pen, font, x + (column + 1) * CELL, y, character)
    for row, character in enumerate(rows):
        top = y + (row + 1) * CELL
        _letter(pen, font, x, top, character)
        for column in range(len(columns)):
            left = x + (column + 1) * CELL
            pen.rectangle([left, top, left + CELL - 1, top + CELL - 1],
                          fill=_color(weights[row, column]),
                          outline=(225, 225, 225))


def draw(path, text, written, weights):
    """Writes a PNG. weights [head, target, source]: row t is what the model
    looked at when it wrote character t of `written`."""
    heads = len(weights)
    lines = math.ceil(heads / COLUMNS)
    width = (len(text) + 1) * CELL + MARGIN
    height = (len(written) + 1) * CELL + MARGIN
    font = ImageFont.load_default()
    needed = font.getbbox(CAPTION)[2] + 2 * MARGIN
    image = Image.new("RGB", (max(COLUMNS * width + MARGIN, needed),
                              lines * height + 2 * MARGIN), PAPER)
    pen = ImageDraw.Draw(image)
    for head in range(heads):
        line, column = divmod(head, COLUMNS)
        _panel(pen, font, MARGIN + column * width, MARGIN + line * height,
               f"head {head + 1}", written, text, weights[head])
    pen.text((MARGIN, lines * height + MARGIN), CAPTION, fill=INK, font=font)
    enlarged = (ENLARGED * image.width, ENLARGED * image.height)
    image.resize(enlarged, Image.NEAREST).save(path)
