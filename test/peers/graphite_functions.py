"""graphite-web's own render functions, asked by lines of JSON on stdin, each answered by one on stdout.

{"store": [{"name", "start", "step", "values"}]} says what is stored from then on.
A question: {"targets": [...], "from": s, "until": s, "now": s, "tz": name, "xFilesFactor": f, "template": {...},
"format": name or absent, "options": {...}}. The answer: {"series": [...]} or {"body": text} or {"error": text}.
{"time": text, "now": s, "tz": name} is answered by {"time": s}, {"describe": true} by the parameters of every function.
"""
import fnmatch
import json
import os
import sys
import tempfile
import types

answers = sys.stdout
# graphite-web prints warnings.
sys.stdout = sys.stderr
folder = tempfile.mkdtemp()
local = types.ModuleType('graphite.local_settings')
local.LOG_DIR = local.STORAGE_DIR = local.CONF_DIR = folder
local.SECRET_KEY = 'x' * 40
local.LOG_FILE_INFO = local.LOG_FILE_EXCEPTION = '-'
local.LOG_FILE_CACHE = local.LOG_FILE_RENDERING = '-'
local.TIME_ZONE = 'UTC'
sys.modules['graphite.local_settings'] = local
# Pictures are not asked for, so their library need not be there.
cairo = types.ModuleType('cairocffi')
cairo.__getattr__ = lambda name: 0
sys.modules['cairocffi'] = cairo
os.environ['DJANGO_SETTINGS_MODULE'] = 'graphite.settings'
os.environ['TZ'] = 'UTC'

import django  # noqa: E402

django.setup()

from datetime import datetime  # noqa: E402

import pytz  # noqa: E402
from graphite.functions import SeriesFunctions  # noqa: E402
from graphite.render import attime, datalib, evaluator, functions, views  # noqa: E402
from graphite.tags.utils import TaggedSeries  # noqa: E402

stored = []


class TagDatabase:
    @staticmethod
    def parse(path):
        return TaggedSeries.parse(path)


class Store:
    tagdb = TagDatabase

    @staticmethod
    def fetch(patterns, start, end, now, context):
        for pattern in patterns:
            for series in stored:
                if fits(series['name'], pattern):
                    yield window(series, pattern, start, end)


def fits(name, pattern):
    if pattern.startswith('seriesByTag('):
        tags = TaggedSeries.parse(name).tags
        wanted = [one.strip().strip('"\'') for one in pattern[12:-1].split(',')]
        return all(tags.get(one.split('=', 1)[0]) == one.split('=', 1)[1] for one in wanted)
    parts, globs = name.split('.'), pattern.split('.')
    return len(parts) == len(globs) and all(
        any(fnmatch.fnmatchcase(part, one) for one in choices(glob)) for part, glob in zip(parts, globs))


def choices(glob):
    if '{' not in glob:
        return [glob]
    head, rest = glob.split('{', 1)
    inside, tail = rest.split('}', 1)
    return [head + one + tail for one in inside.split(',')]


def window(series, pattern, start, end):
    """As Whisper: the first step after the start, up to the step after the end."""
    step = series['step']
    first = start - start % step + step
    last = max(end - end % step + step, first + step)
    values = []
    for time in range(first, last, step):
        place, rest = divmod(time - series['start'], step)
        values.append(series['values'][place] if 0 <= place < len(series['values']) and rest == 0 else None)
    return {'pathExpression': pattern, 'path': series['name'], 'name': series['name'],
            'time_info': (first, last, step), 'values': values}


datalib.STORE = Store
# Some functions take the clock's time instead of the request's; one of them has to be held still.
clock = []
parse_time = attime.parseATTime
functions.parseATTime = lambda text, zone=None, now=None: parse_time(text, zone, now or clock[0])
functions.STORE = Store


def plain(value):
    if isinstance(value, float) and value != value:
        return None
    if isinstance(value, float) and value in (float('inf'), float('-inf')):
        return 'inf' if value > 0 else '-inf'
    return value


def answer(question):
    if 'store' in question:
        # Whisper keeps floats.
        stored[:] = [{**series, 'values': [None if value is None else float(value) for value in series['values']]}
                     for series in question['store']]
        return {}
    zone = pytz.timezone(question.get('tz', 'UTC'))
    if 'describe' in question:
        return {name: {'group': function.group, 'params': [one.toJSON() for one in function.params]}
                for name, function in SeriesFunctions().items()}
    if 'time' in question:
        now = datetime.fromtimestamp(question['now'], zone)
        return {'time': attime.parseATTime(question['time'], zone, now).timestamp()}
    clock[:] = [datetime.fromtimestamp(question['now'], zone)]
    context = {
        'startTime': datetime.fromtimestamp(question['from'], zone),
        'endTime': datetime.fromtimestamp(question['until'], zone),
        'now': datetime.fromtimestamp(question['now'], zone),
        'tzinfo': zone, 'localOnly': False, 'template': question.get('template', {}), 'data': [], 'prefetched': {},
        'xFilesFactor': question.get('xFilesFactor', 0.0), 'targets': question['targets'],
    }
    series = evaluator.evaluateTarget(context, question['targets'])
    if 'format' in question:
        make = {'json': views.renderViewJson, 'csv': views.renderViewCsv, 'raw': views.renderViewRaw,
                'dygraph': views.renderViewDygraph, 'rickshaw': views.renderViewRickshaw}[question['format']]
        return {'body': make({'tzinfo': zone, **question.get('options', {})}, series).content.decode()}
    return {'series': [{
        'name': one.name, 'pathExpression': one.pathExpression, 'start': one.start, 'end': one.end,
        'step': one.step * one.valuesPerPoint, 'values': [plain(value) for value in one], 'tags': dict(one.tags),
        'consolidation': one.consolidationFunc, 'xFilesFactor': one.xFilesFactor,
        'color': getattr(one, 'color', None), 'options': one.options,
    } for one in series]}


for line in sys.stdin:
    try:
        found = answer(json.loads(line))
    except Exception as failure:
        found = {'error': type(failure).__name__ + ': ' + str(failure)[:300]}
    answers.write(json.dumps(found).replace('"default": Infinity', '"default": 1e9999') + '\n')
    answers.flush()
