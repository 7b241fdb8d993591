//! The bugs: what a careless hand, or the origin, would have done to the engine, each with the invariant that must tell of it.

/// Replaces a text that must stand in the file exactly once.
pub struct Patch {
    pub file: &'static str,
    pub from: &'static str,
    pub to: &'static str,
}

/// A bug.
pub struct Bug {
    pub name: &'static str,
    /// The invariant that must tell of it.
    pub invariant: u8,
    /// The fault that brings it out; empty = any.
    pub with: &'static str,
    pub patches: &'static [Patch],
}

const fn patch(file: &'static str, from: &'static str, to: &'static str) -> Patch {
    Patch { file, from, to }
}

const INTERLOCKS: &str = "src/homing/interlock/mod.rs";
const PERMISSION: &str = "src/homing/interlock/permission.rs";
const STICKS: &str = "src/homing/interlock/sticks.rs";
const INPUTS: &str = "src/homing/interlock/inputs.rs";
const STEERING: &str = "src/homing/steering.rs";
const HOMING: &str = "src/homing/mod.rs";
const DECIDE: &str = "src/decide.rs";

/// All of them.
pub const BUGS: &[Bug] = &[
    // 1: movement that something forbids.
    Bug {
        name: "stale_inputs_accepted",
        invariant: 1,
        with: "link_lost",
        patches: &[patch(
            INTERLOCKS,
            "if known.is_fresh(now, age_max_us) {",
            "if known.is_fresh(now, age_max_us) || crate::planted::is(\"stale_inputs_accepted\") {",
        )],
    },
    Bug {
        name: "fence_prediction_dropped",
        invariant: 1,
        with: "",
        patches: &[patch(
            "src/homing/interlock/fence.rs",
            "    let level_s = stop_s(",
            "    let stop_s = |speed_mps: f64| {\n        \
             if crate::planted::is(\"fence_prediction_dropped\") { 0.0 } else { stop_s(speed_mps) }\n    };\n    \
             let level_s = stop_s(",
        )],
    },
    Bug {
        name: "fence_without_reaction_time",
        invariant: 1,
        with: "",
        patches: &[patch(
            "src/homing/interlock/fence.rs",
            "let reaction_s = (age_us + u64::from(limits.reaction_us)) as f64 / 1e6;",
            "let reaction_s = if crate::planted::is(\"fence_without_reaction_time\") { 0.0 } else {\n        \
             (age_us + u64::from(limits.reaction_us)) as f64 / 1e6 };",
        )],
    },
    Bug {
        name: "mode_ignored",
        invariant: 1,
        with: "mode",
        patches: &[
            patch(
                INPUTS,
                "check.holds(is_ours,",
                "check.holds(is_ours || crate::planted::is(\"mode_ignored\"),",
            ),
            patch(
                "src/homing/interlock/handover.rs",
                "Check(Interlock::Mode).holds(held,",
                "Check(Interlock::Mode).holds(held || crate::planted::is(\"mode_ignored\"),",
            ),
        ],
    },
    Bug {
        name: "battery_ignored",
        invariant: 1,
        with: "battery",
        patches: &[patch(
            INPUTS,
            "check.holds(ratio >= limits.battery_min_ratio,",
            "check.holds(ratio >= limits.battery_min_ratio || crate::planted::is(\"battery_ignored\"),",
        )],
    },
    Bug {
        name: "missing_rc_is_no_override",
        invariant: 1,
        with: "rc_lost",
        patches: &[patch(
            STICKS,
            "    let rc = check.fresh(",
            "    if crate::planted::is(\"missing_rc_is_no_override\") {\n        return Ok(());\n    }\n    \
             let rc = check.fresh(",
        )],
    },
    Bug {
        name: "sticks_ignored",
        invariant: 1,
        with: "stick",
        patches: &[patch(
            STICKS,
            "check.holds(!is_moved,",
            "check.holds(!is_moved || crate::planted::is(\"sticks_ignored\"),",
        )],
    },
    Bug {
        name: "frozen_radio_unnoticed",
        invariant: 1,
        with: "rc_lost",
        patches: &[
            patch(
                STICKS,
                "check.holds(has_receiver(inputs.vehicle),",
                "check.holds(has_receiver(inputs.vehicle) || crate::planted::is(\"frozen_radio_unnoticed\"),",
            ),
            patch(
                STICKS,
                "check.holds(rc.rssi != Some(0),",
                "check.holds(rc.rssi != Some(0) || crate::planted::is(\"frozen_radio_unnoticed\"),",
            ),
        ],
    },
    Bug {
        name: "ground_ignored",
        invariant: 1,
        with: "",
        patches: &[
            patch(
                "src/homing/interlock/terrain.rs",
                "check.holds(height_m >= least_m,",
                "check.holds(height_m >= least_m || crate::planted::is(\"ground_ignored\"),",
            ),
            patch(
                "src/homing/interlock/terrain.rs",
                "check.holds(ahead_m >= least_m,",
                "check.holds(ahead_m >= least_m || crate::planted::is(\"ground_ignored\"),",
            ),
        ],
    },
    Bug {
        name: "uploaded_fence_ignored",
        invariant: 1,
        with: "",
        patches: &[patch(
            "src/homing/interlock/zones.rs",
            "    if !is_active {",
            "    if !is_active || crate::planted::is(\"uploaded_fence_ignored\") {",
        )],
    },
    Bug {
        name: "enabled_in_a_climb",
        invariant: 1,
        with: "homing_on",
        patches: &[patch(
            "src/homing/interlock/airborne.rs",
            "    let check = Check(Interlock::Airborne);",
            "    let check = Check(Interlock::Airborne);\n    \
             if crate::planted::is(\"enabled_in_a_climb\") {\n        return Ok(());\n    }",
        )],
    },
    Bug {
        name: "late_copy_believed",
        invariant: 1,
        with: "late_copies",
        patches: &[patch(
            "hil-tests/src/engine/telemetry.rs",
            "            again(&mut self.arrived.position, copy.position);",
            "            let is_news = skyhound::planted::is(\"late_copy_believed\");\n            \
             let dated = copy.position.map(|copy| if is_news { Aged::new(copy.value, now) } else { copy });\n            \
             again(&mut self.arrived.position, dated);",
        )],
    },
    Bug {
        name: "jump_forgotten",
        invariant: 1,
        with: "gps_glitch",
        patches: &[patch(
            "src/homing/interlock/jump.rs",
            "let over = self.jumped.is_none_or(",
            "let over = crate::planted::is(\"jump_forgotten\") || self.jumped.is_none_or(",
        )],
    },
    Bug {
        name: "enables_itself",
        invariant: 1,
        with: "",
        patches: &[patch(
            HOMING,
            "            None if self.interlocks.accept_offer(inputs) => {",
            "            None if crate::planted::is(\"enables_itself\")\n                \
             && self.interlocks.latched().is_none()\n                \
             && self.interlocks.enable(inputs) => return Some(Reason::Operator(OperatorAct::HomingOn)),\n            \
             None if crate::planted::is(\"resumes_by_itself\")\n                \
             && self.interlocks.latched().is_some()\n                \
             && self.interlocks.enable(inputs) => return Some(Reason::Operator(OperatorAct::HomingOn)),\n            \
             None if self.interlocks.accept_offer(inputs) => {",
        )],
    },
    Bug {
        name: "dead_sdr_unnoticed",
        invariant: 1,
        with: "sdr_unplug",
        patches: &[
            patch(
                INPUTS,
                "check.holds(inputs.sdr_alive,",
                "check.holds(inputs.sdr_alive || crate::planted::is(\"dead_sdr_unnoticed\"),",
            ),
            patch(
                INPUTS,
                "    let fresh = age_us.is_some_and(|age_us| age_us <= u64::from(limits.reading_age_max_us));",
                "    let fresh = crate::planted::is(\"dead_sdr_unnoticed\")\n        \
                 || age_us.is_some_and(|age_us| age_us <= u64::from(limits.reading_age_max_us));",
            ),
        ],
    },
    // 2: velocities that must not be.
    Bug {
        name: "nan_through_the_clamp",
        invariant: 2,
        with: "",
        // 0/0 where the course is abeam; its guard is with the next one's.
        patches: &[patch(
            STEERING,
            "north_mps: forward_mps * yaw_rad.cos(),",
            "north_mps: (if crate::planted::is(\"nan_through_the_clamp\") {\n                    \
             forward_mps * forward_mps / forward_mps\n                } else {\n                    \
             forward_mps\n                }) * yaw_rad.cos(),",
        )],
    },
    Bug {
        name: "speed_unlimited",
        invariant: 2,
        with: "",
        patches: &[
            patch(
                INTERLOCKS,
                "    check.number(north_mps.hypot(east_mps), 0.0, limits.speed_max_mps, \"speed\")?;",
                "    let nan = north_mps.is_nan() && crate::planted::is(\"nan_through_the_clamp\");\n    \
                 if !nan && !crate::planted::is(\"speed_unlimited\") {\n        \
                 check.number(north_mps.hypot(east_mps), 0.0, limits.speed_max_mps, \"speed\")?;\n    }",
            ),
            patch(
                STEERING,
                "let forward_mps = speed_mps * BELOW_LIMIT",
                "let speed_mps = if crate::planted::is(\"speed_unlimited\") { 4.0 * speed_mps } else { speed_mps };\n        \
                 let forward_mps = speed_mps * BELOW_LIMIT",
            ),
        ],
    },
    Bug {
        name: "slew_skipped",
        invariant: 2,
        with: "",
        patches: &[patch(
            INTERLOCKS,
            "let share = (step_max_mps / step_mps).min(1.0);",
            "let share = if crate::planted::is(\"slew_skipped\") { 1.0 } else { (step_max_mps / step_mps).min(1.0) };",
        )],
    },
    // 3: after a stop.
    Bug { name: "resumes_by_itself", invariant: 3, with: "", patches: &[] },
    Bug {
        name: "no_zero_at_stop",
        invariant: 3,
        with: "",
        patches: &[patch(
            PERMISSION,
            "Permission::On(On { sent: Sent::Velocity(_), .. }) => STOP_PASSES,",
            "Permission::On(On { sent: Sent::Velocity(_), .. }) if crate::planted::is(\"no_zero_at_stop\") => 0,\n            \
             Permission::On(On { sent: Sent::Velocity(_), .. }) => STOP_PASSES,",
        )],
    },
    Bug {
        name: "zeros_for_ever",
        invariant: 3,
        with: "",
        patches: &[patch(
            PERMISSION,
            "Permission::Stopping { left, .. } => *left -= 1,",
            "Permission::Stopping { left, .. } => *left -= u8::from(!crate::planted::is(\"zeros_for_ever\")),",
        )],
    },
    Bug {
        name: "stop_only_logs",
        invariant: 3,
        with: "ekf_bad",
        patches: &[
            patch(
                INTERLOCKS,
                "filter(|_| matches!(self.permission, Permission::On(_)))?;",
                "filter(|_| matches!(self.permission, Permission::On(_)) && !crate::planted::is(\"stop_only_logs\"))?;",
            ),
            patch(
                INTERLOCKS,
                "                Some(trip) => self.permission = self.permission.ended(Some(trip)),",
                "                Some(_) if crate::planted::is(\"stop_only_logs\") => return self.velocity(wish.velocity),\n                \
                 Some(trip) => self.permission = self.permission.ended(Some(trip)),",
            ),
        ],
    },
    // 4: silence while homing.
    Bug {
        name: "zero_is_sent_once",
        invariant: 4,
        with: "",
        patches: &[patch(
            INTERLOCKS,
            "        let velocity = self.slewed(to);\n",
            "        let velocity = self.slewed(to);\n        \
             if crate::planted::is(\"zero_is_sent_once\")\n            \
             && velocity == Velocity::default()\n            \
             && self.permission.commanded() == Some(velocity)\n        {\n            \
             return Command::Silence(NOT_ENABLED);\n        }\n",
        )],
    },
    Bug {
        name: "late_pass_unnoticed",
        invariant: 4,
        with: "cpu_starved",
        patches: &[patch(
            INTERLOCKS,
            "        let in_time = gap_us <= u64::from(self.limits.pass_gap_max_us);",
            "        let in_time = crate::planted::is(\"late_pass_unnoticed\")\n            \
             || gap_us <= u64::from(self.limits.pass_gap_max_us);",
        )],
    },
    // 5: causes.
    Bug {
        name: "stop_unrecorded",
        invariant: 5,
        with: "",
        patches: &[patch(
            HOMING,
            "        changes(&change);",
            "        if crate::planted::is(\"stop_recorded_twice\") && change.to == State::Idle {\n            \
             changes(&change);\n        }\n        \
             if crate::planted::is(\"stop_unrecorded\") && change.to == State::Idle {\n            return;\n        }\n        \
             changes(&change);",
        )],
    },
    Bug { name: "stop_recorded_twice", invariant: 5, with: "", patches: &[] },
    Bug {
        name: "any_cause_will_do",
        invariant: 5,
        with: "link_lost",
        patches: &[patch(
            INTERLOCKS,
            "        let known = input.ok_or(self.refuse(Fault::Unknown, mend))?;",
            "        let known = input.ok_or(self.refuse(Fault::Unknown, mend))?;\n        \
             if crate::planted::is(\"any_cause_will_do\") && !known.is_fresh(now, age_max_us) {\n            \
             return Err(Check(Interlock::Battery).refuse(Fault::Stale, mend));\n        }",
        )],
    },
    // 6: the record.
    Bug {
        name: "readings_skipped",
        invariant: 6,
        with: "",
        patches: &[patch(
            DECIDE,
            "        sink.reading(&PlacedReading { reading, pose });",
            "        if !(crate::planted::is(\"readings_skipped\") && pose.is_none()) {\n            \
             sink.reading(&PlacedReading { reading, pose });\n        }",
        )],
    },
    Bug {
        name: "act_unrecorded",
        invariant: 6,
        with: "",
        patches: &[patch(
            DECIDE,
            "        if let Some(act) = inputs.act {\n            sink.record(",
            "        if let Some(act) = inputs.act.filter(|_| !crate::planted::is(\"act_unrecorded\")) {\n            sink.record(",
        )],
    },
    // 7: the disk has a say.
    Bug {
        name: "waits_for_the_disk",
        invariant: 7,
        with: "disk_stall",
        patches: &[
            patch(
                "src/record.rs",
                "    /// Anything else.\n    fn record(&mut self, record: &Record);",
                "    /// Anything else.\n    fn record(&mut self, record: &Record);\n    \
                 /// Whether the disk is behind.\n    fn is_behind(&self) -> bool {\n        false\n    }",
            ),
            patch(
                "hil-tests/src/engine/book.rs",
                "impl Sink for Book {",
                "impl Sink for Book {\n    fn is_behind(&self) -> bool {\n        self.is_stalled || self.is_full\n    }\n",
            ),
            patch(
                DECIDE,
                "                act: inputs.act,\n                facts: &self.facts,",
                "                act: inputs.act.filter(|_| !(crate::planted::is(\"waits_for_the_disk\") && sink.is_behind())),\n                \
                 facts: &self.facts,",
            ),
        ],
    },
    // 8: the clock has a say.
    Bug {
        name: "steers_by_the_wall_clock",
        invariant: 8,
        with: "clock_step",
        patches: &[patch(
            STEERING,
            "            None => self.s_turn_course_rad(inputs.now),",
            "            None if crate::planted::is(\"steers_by_the_wall_clock\") => {\n                \
             let utc_us = inputs.vehicle.utc_us.map_or(0, |utc| utc.value);\n                \
             self.s_turn_course_rad(TimeUs(utc_us))\n            }\n            \
             None => self.s_turn_course_rad(inputs.now),",
        )],
    },
    // 9: the autopilot's own failsafes, without which a dead process flies on.
    Bug {
        name: "failsafes_unread",
        invariant: 9,
        with: "kill",
        patches: &[patch(
            "src/homing/interlock/failsafes.rs",
            "    let value = value.ok_or(CHECK.refuse(Fault::Unknown, mend))?;",
            "    if crate::planted::is(\"failsafes_unread\") {\n        return Ok(());\n    }\n    \
             let value = value.ok_or(CHECK.refuse(Fault::Unknown, mend))?;",
        )],
    },
    // 10: what was heard once is told again and again.
    Bug {
        name: "stale_run_heard_again",
        invariant: 10,
        with: "",
        patches: &[patch(
            "src/analytics/carrier.rs",
            "run.began_us <= until)",
            "run.began_us <= until && !crate::planted::is(\"stale_run_heard_again\"))",
        )],
    },
];
