//! The battery: thrust in, charge and voltage out (A, V, Ah).
//!
//! Power of a rotor grows with thrust^1.5 (momentum theory, e.g. Leishman, "Principles of Helicopter Aerodynamics", § 2.8); hovering
//! empties a full battery in the scenario's endurance. Four lithium-polymer cells: open-circuit voltage over charge as in usual
//! discharge curves at rest, internal resistance in series, so that voltage sags with current.

use super::motion::STEP_S;

const CELLS: f64 = 4.0;
const RESISTANCE_OHM: f64 = 0.022;
/// Avionics and companion computer.
const IDLE_A: f64 = 0.6;
/// Charge left, volts of a cell at rest.
const CELL_V: [(f64, f64); 8] = [
    (0.0, 3.27),
    (0.05, 3.58),
    (0.10, 3.67),
    (0.20, 3.74),
    (0.40, 3.80),
    (0.60, 3.87),
    (0.80, 4.00),
    (1.0, 4.18),
];

/// The battery.
#[derive(Clone, Debug)]
pub(super) struct Charge {
    capacity_ah: f64,
    hover_a: f64,
    /// Of a full battery.
    pub(super) left_ratio: f64,
    current_a: f64,
    consumed_ah: f64,
}

impl Charge {
    pub(super) fn new(capacity_ah: f64, endurance_min: f64, left_ratio: f64) -> Charge {
        let hover_a = (capacity_ah * 60.0 / endurance_min - IDLE_A).max(0.0);
        let mut charge =
            Charge { capacity_ah, hover_a, left_ratio: 1.0, current_a: IDLE_A, consumed_ah: 0.0 };
        charge.drop_to(left_ratio);
        charge
    }

    /// Drops to this much.
    pub(super) fn drop_to(&mut self, ratio: f64) {
        self.left_ratio = ratio.clamp(0.0, 1.0);
        self.consumed_ah = (1.0 - self.left_ratio) * self.capacity_ah;
    }

    /// `steps` steps at this thrust over weight.
    pub(super) fn drain(&mut self, thrust_ratio: f64, steps: f64) {
        self.current_a = IDLE_A + self.hover_a * thrust_ratio.max(0.0).powf(1.5);
        let ah = self.current_a * STEP_S * steps / 3600.0;
        self.consumed_ah += ah;
        self.left_ratio = (self.left_ratio - ah / self.capacity_ah).max(0.0);
    }

    pub(super) fn left_mah(&self) -> f64 {
        self.left_ratio * self.capacity_ah * 1000.0
    }

    pub(super) fn voltage_v(&self) -> f64 {
        let after = CELL_V.iter().position(|&(ratio, _)| ratio >= self.left_ratio).unwrap_or(7).max(1);
        let ((from, from_v), (to, to_v)) = (CELL_V[after - 1], CELL_V[after]);
        let rest_v = from_v + (to_v - from_v) * (self.left_ratio - from) / (to - from);
        CELLS * rest_v - RESISTANCE_OHM * self.current_a
    }

    pub(super) fn reported(&self) -> super::Battery {
        super::Battery {
            voltage_v: self.voltage_v(),
            current_a: self.current_a,
            consumed_ah: self.consumed_ah,
            remaining_ratio: self.left_ratio,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hovering_lasts_the_endurance() {
        let mut charge = Charge::new(5.0, 20.0, 1.0);
        let mut steps = 0;
        while charge.left_ratio > 0.0 {
            charge.drain(1.0, 100.0);
            steps += 100;
        }
        assert!((f64::from(steps) * STEP_S / 60.0 - 20.0).abs() < 0.05);
        assert!((charge.reported().consumed_ah - 5.0).abs() < 0.01);
    }

    #[test]
    fn voltage_falls_with_charge_and_sags_with_current() {
        let mut charge = Charge::new(5.0, 20.0, 1.0);
        let mut last_v = 100.0;
        for ratio in [1.0, 0.9, 0.5, 0.2, 0.05, 0.0] {
            charge.drop_to(ratio);
            assert!(charge.voltage_v() < last_v);
            last_v = charge.voltage_v();
        }
        charge.drop_to(0.6);
        let rest_v = charge.voltage_v() + RESISTANCE_OHM * charge.current_a;
        assert!((rest_v - 4.0 * 3.87).abs() < 1e-9);
        charge.drain(1.8, 1.0);
        let sag_v = rest_v - charge.voltage_v();
        assert!((sag_v - RESISTANCE_OHM * (IDLE_A + charge.hover_a * 1.8_f64.powf(1.5))).abs() < 1e-3);
    }
}
