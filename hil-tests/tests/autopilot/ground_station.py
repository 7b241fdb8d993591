"""pymavlink as the pilot's ground station, with nothing of ours but MAVLink: ground_station.py ADDRESS.

Asks component 191 who it is, has it refused and accepted, and stops it. Ends with code 0 and the line `flown`.
"""
import os
import sys
import time

os.environ["MAVLINK20"] = "1"
from pymavlink import mavutil  # noqa: E402
from pymavlink.dialects.v20 import ardupilotmega as m  # noqa: E402

US = 191
PATIENCE = 60.0
HOMING_ON, HOMING_OFF = 1, 2
link = mavutil.mavlink_connection(sys.argv[1], source_system=255, source_component=190, dialect="ardupilotmega")
beaten = 0.0


def speak_as(system):
    link.mav.srcSystem = system


def hear(seconds):
    """What the companion says within `seconds`; the station beats meanwhile."""
    global beaten
    end = time.time() + seconds
    while time.time() < end:
        if time.time() - beaten > 0.5:
            beaten = time.time()
            link.mav.heartbeat_send(m.MAV_TYPE_GCS, m.MAV_AUTOPILOT_INVALID, 0, 0, 0)
        got = link.recv_match(blocking=True, timeout=0.02)
        if got is not None and (got.get_srcSystem(), got.get_srcComponent()) == (1, US):
            yield got


def until(what, kind, is_so=lambda message: True, patience=PATIENCE):
    for got in hear(patience):
        if got.get_type() == kind and is_so(got):
            return got
    sys.exit(f"waited in vain until {what}")


def command(number, *params, confirmation=0):
    """MAV_RESULT of a command to the companion, asked again while nobody answers, as stations do."""
    for _ in range(5):
        link.mav.command_long_send(1, US, number, confirmation, *(list(params) + [0] * (7 - len(params))))
        for got in hear(2):
            if got.get_type() == "COMMAND_ACK" and got.command == number:
                assert (got.target_system, got.target_component) == (link.mav.srcSystem, 190), got
                return got.result
    sys.exit(f"command {number} {params} is not answered")


def homing(verb):
    return command(m.MAV_CMD_USER_1, verb)


until("the companion beats", "HEARTBEAT")
assert command(m.MAV_CMD_REQUEST_MESSAGE, m.MAVLINK_MSG_ID_AUTOPILOT_VERSION) == m.MAV_RESULT_ACCEPTED
link.mav.command_long_send(1, US, m.MAV_CMD_REQUEST_MESSAGE, 0, m.MAVLINK_MSG_ID_AUTOPILOT_VERSION, 0, 0, 0, 0, 0, 0)
told = until("it tells its version", "AUTOPILOT_VERSION")
assert told.capabilities & m.MAV_PROTOCOL_CAPABILITY_MAVLINK2, told
assert command(m.MAV_CMD_NAV_TAKEOFF, 0, 0, 0, 0, 0, 0, 30) == m.MAV_RESULT_UNSUPPORTED
assert command(m.MAV_CMD_USER_1, 77) == m.MAV_RESULT_UNSUPPORTED

# A stranger may not, whether it beats or not; and hears why.
speak_as(200)
beaten = 0.0
assert homing(HOMING_ON) == m.MAV_RESULT_DENIED
time.sleep(3.1)
link.mav.command_long_send(1, US, m.MAV_CMD_USER_1, 0, HOMING_ON, 0, 0, 0, 0, 0, 0)
until("it is told why", "STATUSTEXT", lambda told: told.text == "system 200 is not in station.commanders")
speak_as(255)
beaten = 0.0
list(hear(1))

# In LOITER homing stays locked, and all who listen are told what keeps it.
assert homing(HOMING_ON) == m.MAV_RESULT_TEMPORARILY_REJECTED
print("locked")
# In GUIDED it is enabled, by the pilot's own hand; the aircraft is not moved before.
mode = 4
for _ in range(60):
    link.mav.command_long_send(1, 1, m.MAV_CMD_DO_SET_MODE, 0, 1, mode, 0, 0, 0, 0, 0)
    list(hear(1))
    if homing(HOMING_ON) == m.MAV_RESULT_ACCEPTED:
        break
    list(hear(2.5))
else:
    sys.exit("homing was never enabled in GUIDED")
print("enabled")
sys.stdin.readline()
# Anybody may stop it.
speak_as(200)
assert homing(HOMING_OFF) == m.MAV_RESULT_ACCEPTED
print("flown")
