"""PLAN: values, evaluation, jets, hashing, seeds. Pure: no I/O, no chance; the clock only limits how long it takes.

This is the face that other floors use. A value (`Value`, any object) is a nat (an int >= 0) or a Pin, Law, App, Row,
Bar, Cow, Set or Tab; what comes out of here is normal, and what goes in must be. Nothing ever changes a value.

    make        law app pin row bar set_of tab utf8; a nat is an int
    ask         nat arity compare equal text, `pin.hash`, `pin.item`, `pin.refs`
    evaluate    evaluate (or apply) f to values, or force one, to its normal form: within seconds and bytes, else
                TimeLimit or MemoryLimit, or the program's own Crash; an Evaluation is one that goes on step by step,
                and is Done, Crashed or Suspended after each run
    write       save load: a value as a seed; save_pin load_pin lazy_pin: pin by pin, in a store; save_pod load_pod: a
                pin with all under it; what is no such thing is a SeedError; hash_text parse_hash: hashes for people
    jets        what has native code, by name and hash
    process     tune watch: once, at its start; observe: profiles; compiled: is this the fast one; listing: code
"""

from __future__ import annotations

from vm import jets
from vm.evaluation import Crashed, Done, Evaluation, Suspended
from vm.face import app, arity, bar, compiled, law, nat, pin, row, set_of, tab
from vm.hashing import hash_text, parse_hash
from vm.instructions import listing
from vm.limits import evaluate, force, observe, tune
from vm.order import compare, equal
from vm.pins import check_pin, lazy_pin, load_pin
from vm.room import watch
from vm.seed import SeedError, load, load_pod, save, save_pin, save_pod
from vm.text import text, utf8
from vm.values import App, Bar, Cow, Crash, Law, MemoryLimit, Pin, Row, Set, Tab, TimeLimit, Value

apply = evaluate

__all__ = [
    "App",
    "Bar",
    "Cow",
    "Crash",
    "Crashed",
    "Done",
    "Evaluation",
    "Law",
    "MemoryLimit",
    "Pin",
    "Row",
    "SeedError",
    "Set",
    "Suspended",
    "Tab",
    "TimeLimit",
    "Value",
    "app",
    "apply",
    "arity",
    "bar",
    "check_pin",
    "compare",
    "compiled",
    "equal",
    "evaluate",
    "force",
    "hash_text",
    "jets",
    "law",
    "lazy_pin",
    "listing",
    "load",
    "load_pin",
    "load_pod",
    "nat",
    "observe",
    "parse_hash",
    "pin",
    "row",
    "save",
    "save_pin",
    "save_pod",
    "set_of",
    "tab",
    "text",
    "tune",
    "utf8",
    "watch",
]
