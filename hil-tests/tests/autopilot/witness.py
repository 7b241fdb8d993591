"""pymavlink, which nobody here wrote, flies the simulated autopilot as its users would: witness.py ADDRESS FLAVOUR.

Ends with code 0 and the line `flown` when everything was as the real firmware's documentation has it.
"""
import math
import os
import struct
import sys
import termios
import time
import tty

os.environ["MAVLINK20"] = "1"
from pymavlink import mavutil  # noqa: E402
from pymavlink.dialects.v20 import ardupilotmega as m  # noqa: E402

address, flavour = sys.argv[1], sys.argv[2]
is_copter = flavour == "ardu_copter"
PATIENCE = 90.0
VELOCITY_ONLY = 0b0101_1100_0111


class Terminal(mavutil.mavfile):
    """A pseudo-terminal, without pyserial, which not everybody with pymavlink has."""

    def __init__(self, device):
        fd = os.open(device, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(fd)
        termios.tcflush(fd, termios.TCIOFLUSH)
        super().__init__(fd, device, source_system=255)

    def recv(self, n=None):
        try:
            return os.read(self.fd, n or self.mav.bytes_needed())
        except BlockingIOError:
            return b""

    def write(self, buf):
        while buf:
            try:
                buf = buf[os.write(self.fd, buf):]
            except BlockingIOError:
                time.sleep(0.001)


if address.startswith("serial:"):
    link = Terminal(address.split(":")[1])
else:
    link = mavutil.mavlink_connection(address, source_system=255, dialect="ardupilotmega")
beaten = 0.0
# CURRENT_MODE, which this dialect has not: pymavlink counts each as lost.
unknown_count = 0


def beat():
    """A ground station's heartbeat, without which nothing answers on UDP and the failsafe acts."""
    global beaten
    if time.time() - beaten > 0.5:
        beaten = time.time()
        link.mav.heartbeat_send(m.MAV_TYPE_GCS, m.MAV_AUTOPILOT_INVALID, 0, 0, 0)


def hear(seconds):
    """Everything of the autopilot that comes within `seconds`."""
    global unknown_count
    end = time.time() + seconds
    while time.time() < end:
        beat()
        got = link.recv_match(blocking=True, timeout=0.02)
        if got is None:
            continue
        if got.get_type() == "UNKNOWN_436":
            unknown_count += 1
        assert got.get_type() != "BAD_DATA", got
        if (got.get_srcSystem(), got.get_srcComponent()) == (1, 1):
            yield got


def until(what, kind, is_so=lambda message: True, meanwhile=lambda: None, patience=PATIENCE):
    for got in hear(patience):
        meanwhile()
        if got.get_type() == kind and is_so(got):
            return got
    sys.exit(f"waited in vain until {what}")


def send_command(number, *params):
    link.mav.command_long_send(1, 1, number, 0, *(list(params) + [0] * (7 - len(params))))


def answered(number, *params):
    send_command(number, *params)
    said = until(f"command {number} is answered", "COMMAND_ACK", lambda ack: ack.command == number, patience=10)
    return said.result


def command(number, *params, expect=m.MAV_RESULT_ACCEPTED):
    result = answered(number, *params)
    assert result == expect, f"command {number} {params}: {result}, not {expect}"


def arm():
    """Until the aircraft agrees: checks before arming take their time."""
    end = time.time() + PATIENCE
    while answered(m.MAV_CMD_COMPONENT_ARM_DISARM, 1) != m.MAV_RESULT_ACCEPTED:
        assert time.time() < end, "arming was never accepted"
        list(hear(0.5))


def is_in(custom, armed=None):
    def check(beat):
        is_armed = bool(beat.base_mode & m.MAV_MODE_FLAG_SAFETY_ARMED)
        return beat.custom_mode == custom and armed in (None, is_armed)

    return check


def meet():
    first = until("it is heard", "HEARTBEAT", patience=30)
    assert first.type == m.MAV_TYPE_QUADROTOR
    assert first.autopilot == (m.MAV_AUTOPILOT_ARDUPILOTMEGA if is_copter else m.MAV_AUTOPILOT_PX4)
    command(m.MAV_CMD_REQUEST_MESSAGE, m.MAVLINK_MSG_ID_AUTOPILOT_VERSION)
    version = until("its version is told", "AUTOPILOT_VERSION")
    assert version.flight_sw_version >> 16 == (0x0405 if is_copter else 0x010F)
    command(31_000, expect=m.MAV_RESULT_UNSUPPORTED)
    unknown = m.MAV_RESULT_DENIED if is_copter else m.MAV_RESULT_FAILED
    command(m.MAV_CMD_SET_MESSAGE_INTERVAL, 9_999, 100_000, expect=unknown)


def rates():
    request_home()  # Before its first fix it has no place to tell.
    estimator = m.MAVLINK_MSG_ID_EKF_STATUS_REPORT if is_copter else m.MAVLINK_MSG_ID_ESTIMATOR_STATUS
    wanted = {30: 10, 33: 5, 65: 5, 24: 2, 1: 2, 147: 2, estimator: 2, 245: 2, 74: 2, 2: 1, 108: 2, 32: 2}
    if is_copter:
        list(hear(0.5))
        silent = {got.get_msgId() for got in hear(1.5)} - {0, 242, 253}
        assert not silent & set(wanted), f"nobody asked for {silent}"
    for number, hz in wanted.items():
        command(m.MAV_CMD_SET_MESSAGE_INTERVAL, number, 1e6 / hz)
    heard, span = {}, 5.0
    for got in hear(span):
        heard[got.get_msgId()] = heard.get(got.get_msgId(), 0) + 1
    for number, hz in wanted.items():
        count = heard.get(number, 0)
        assert 0.5 * span * hz <= count <= 1.3 * span * hz + 1, f"{number}: {count} in {span} s, not {span * hz}"


def parameters():
    link.param_fetch_all()
    table, count = {}, None
    for got in hear(30):
        if got.get_type() == "PARAM_VALUE":
            table[got.param_id], count = got, got.param_count
            if len(table) == count:
                break
    assert count and len(table) == count, f"{len(table)} of {count} parameters"
    name, value = ("GUID_TIMEOUT", 2.5) if is_copter else ("COM_OF_LOSS_T", 0.75)
    link.param_fetch_one(name)
    told = until("it is told by name", "PARAM_VALUE", lambda got: got.param_id == name)
    assert (told.param_index == 65_535) == is_copter, told
    link.param_set_send(name, value)
    assert until("it is set", "PARAM_VALUE", lambda got: got.param_id == name).param_value == value
    # ArduPilot takes integers as floats, PX4 as their bytes.
    name = "RTL_LOIT_TIME" if is_copter else "COM_OBL_RC_ACT"
    assert table[name].param_type == m.MAV_PARAM_TYPE_INT32
    value = 0.0 if is_copter else recast("<i", "<f", 5)
    link.mav.param_set_send(1, 1, name.encode(), value, m.MAV_PARAM_TYPE_INT32)
    told = until("it is set", "PARAM_VALUE", lambda got: got.param_id == name).param_value
    assert (told if is_copter else recast("<f", "<i", told)) == (0 if is_copter else 5), told


def recast(kind, other, value):
    """The bytes of a value of one kind, read as another's."""
    return struct.unpack(other, struct.pack(kind, value))[0]


def mission():
    home = request_home()
    lat, lon = home.latitude / 1e7, home.longitude / 1e7
    places = [(lat + 3e-4 * i, lon - 2e-4 * i, 12.0 + i) for i in range(4)]
    items = [m.MAVLink_mission_item_int_message(
        1, 1, i, 3, m.MAV_CMD_NAV_WAYPOINT if i else m.MAV_CMD_NAV_TAKEOFF, 0, 1, 0, 0, 0, 0,
        round(place[0] * 1e7), round(place[1] * 1e7), place[2]) for i, place in enumerate(places)]
    if is_copter:
        items.insert(0, m.MAVLink_mission_item_int_message(
            1, 1, 0, 0, m.MAV_CMD_NAV_WAYPOINT, 0, 1, 0, 0, 0, 0, home.latitude, home.longitude, home.altitude / 1e3))
    for seq, item in enumerate(items):
        item.seq = seq
    link.mav.mission_count_send(1, 1, len(items))
    asked = []
    for got in hear(20):
        if got.get_type() in ("MISSION_REQUEST", "MISSION_REQUEST_INT"):
            asked.append(got.seq)
            link.mav.send(items[got.seq])
        elif got.get_type() == "MISSION_ACK":
            assert got.type == m.MAV_MISSION_ACCEPTED, got
            break
    assert asked == list(range(len(items))), asked
    link.mav.mission_request_list_send(1, 1)
    assert until("the count is told", "MISSION_COUNT").count == len(items)
    for item in items:
        link.mav.mission_request_int_send(1, 1, item.seq)
        got = until("an item is told", "MISSION_ITEM_INT")
        # ArduPilot's item 0 is home, wherever that is by now.
        is_home = is_copter and item.seq == 0
        metres, near = (20, 2_000) if is_home else (0, 1)
        assert (got.seq, got.command) == (item.seq, item.command) and abs(got.z - item.z) <= metres, got
        assert abs(got.x - item.x) <= near and abs(got.y - item.y) <= near, (got, item)
    link.mav.mission_ack_send(1, 1, m.MAV_MISSION_ACCEPTED)
    link.mav.mission_clear_all_send(1, 1)
    assert until("it is cleared", "MISSION_ACK").type == m.MAV_MISSION_ACCEPTED


def request_home():
    end = time.time() + PATIENCE
    while time.time() < end:
        send_command(m.MAV_CMD_REQUEST_MESSAGE, m.MAVLINK_MSG_ID_HOME_POSITION)
        for got in hear(2):
            if got.get_type() == "HOME_POSITION":
                return got
    sys.exit("home was never known")


def velocity(north, east, down):
    link.mav.set_position_target_local_ned_send(
        0, 1, 1, m.MAV_FRAME_LOCAL_NED, VELOCITY_ONLY, 0, 0, 0, north, east, down, 0, 0, 0, 0, 0)


def pushed(north, east, down):
    """Velocity setpoints at 10 Hz, as a side effect of listening."""
    last = [0.0]

    def act():
        if time.time() - last[0] > 0.1:
            last[0] = time.time()
            velocity(north, east, down)

    return act


def take_off_in_guided():
    command(m.MAV_CMD_DO_SET_MODE, 1, 4)
    until("it is in GUIDED", "HEARTBEAT", is_in(4))
    arm()
    until("it is armed", "HEARTBEAT", is_in(4, True))
    command(m.MAV_CMD_NAV_TAKEOFF, 0, 0, 0, 0, 0, 0, 10)


def take_off_by_itself():
    home = request_home()
    arm()
    nan = math.nan
    command(m.MAV_CMD_NAV_TAKEOFF, nan, 0, 0, nan, nan, nan, home.altitude / 1e3 + 10)
    until("it takes off", "HEARTBEAT", is_in(4 << 16 | 2 << 24, True))


def enter_offboard():
    command(m.MAV_CMD_DO_SET_MODE, 1, 6, 0, expect=m.MAV_RESULT_TEMPORARILY_REJECTED)
    stream = pushed(0, 0, 0)
    for _ in hear(1.5):
        stream()
    send_command(m.MAV_CMD_DO_SET_MODE, 1, 6)
    until("it is in OFFBOARD", "HEARTBEAT", is_in(6 << 16), stream)


def fly():
    (take_off_in_guided if is_copter else take_off_by_itself)()
    until("it is at 9 m", "GLOBAL_POSITION_INT", lambda got: got.relative_alt > 9_000)
    until("it says so", "EXTENDED_SYS_STATE", lambda got: got.landed_state == m.MAV_LANDED_STATE_IN_AIR)
    if not is_copter:
        enter_offboard()
    begin = until("its place is told", "LOCAL_POSITION_NED", meanwhile=pushed(0, 0, 0))
    push = pushed(3.0, -1.0, 0.0)
    flown = until("it has gone 12 m north", "LOCAL_POSITION_NED", lambda got: got.x > begin.x + 12, push)
    assert abs(flown.vx - 3) < 1 and abs(flown.vy + 1) < 1, flown
    assert flown.y < begin.y - 2, (begin, flown)
    # NaN is refused: it goes on as it went, and then stops for want of setpoints.
    velocity(math.nan, math.nan, math.nan)
    true = until("the truth is told", "SIM_STATE")
    told = until("its place is told", "GLOBAL_POSITION_INT")
    assert abs(true.lat_int - told.lat) < 1_000 and abs(true.lon_int - told.lon) < 1_000, (true, told)
    until("it stands, for want of setpoints", "LOCAL_POSITION_NED", lambda got: math.hypot(got.vx, got.vy) < 0.5)


def go_home():
    mode = (6, 0, 0) if is_copter else (4, 5, 5 << 24)
    command(m.MAV_CMD_DO_SET_MODE, 1, mode[0], mode[1])
    until("it returns", "HEARTBEAT", is_in(6 if is_copter else 4 << 16 | 5 << 24))
    until("it has landed", "HEARTBEAT", lambda got: not got.base_mode & m.MAV_MODE_FLAG_SAFETY_ARMED, patience=180)
    down = until("its place is told", "GLOBAL_POSITION_INT")
    assert down.relative_alt < 1_000, down


for step in (meet, rates, parameters, mission, fly, go_home):
    began = time.time()
    step()
    print(f"{step.__name__}: {time.time() - began:.1f} s", flush=True)
lost = link.mav_loss - unknown_count
assert lost <= 0 or address.startswith("udp"), f"{lost} messages lost by sequence number"
print("flown")
