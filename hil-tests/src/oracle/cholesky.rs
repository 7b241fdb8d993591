//! A covariance into its Cholesky factor: what whitening and determinants are made from.

/// U of A = UᵀU, A symmetric and positive definite. Outer products row by row (Golub & Van Loan, *Matrix Computations*, 4th ed.,
/// 4.2.5): inner loops over contiguous numbers, which become vector instructions.
#[derive(Clone, Debug)]
pub(super) struct Factor {
    size: usize,
    /// Rows of U; what is under the diagonal is not read.
    upper: Vec<f64>,
}

impl Factor {
    /// Of the `size` × `size` matrix whose upper triangle is in the rows of `matrix`; `None` if it is not positive definite.
    pub fn new(size: usize, mut matrix: Vec<f64>) -> Option<Factor> {
        for j in 0..size {
            let (above, below) = matrix.split_at_mut((j + 1) * size);
            let pivot = &mut above[j * size + j..];
            if pivot[0] <= 0.0 || !pivot[0].is_finite() {
                return None;
            }
            let scale = 1.0 / pivot[0].sqrt();
            pivot.iter_mut().for_each(|value| *value *= scale);
            for (ahead, row) in below.chunks_exact_mut(size).enumerate() {
                let pivot = &pivot[ahead + 1..];
                subtract(&mut row[j + 1 + ahead..], pivot[0], pivot);
            }
        }
        Some(Factor { size, upper: matrix })
    }

    /// U⁻ᵀ·`vector`, in place: where the vector's covariance is A, that of the result is 1.
    pub fn whiten(&self, vector: &mut [f64]) {
        for (j, row) in self.upper.chunks_exact(self.size).enumerate() {
            let (done, rest) = vector.split_at_mut(j + 1);
            done[j] /= row[j];
            subtract(rest, done[j], &row[j + 1..]);
        }
    }

    /// ln det A.
    pub fn log_det(&self) -> f64 {
        2.0 * (0..self.size).map(|j| self.upper[j * self.size + j].ln()).sum::<f64>()
    }

    /// Uᵀ·`vector`: of a vector of white unit noise, noise with covariance A.
    #[cfg(test)]
    pub fn colour(&self, vector: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; self.size];
        for (j, row) in self.upper.chunks_exact(self.size).enumerate() {
            subtract(&mut out[j..], -vector[j], &row[j..]);
        }
        out
    }
}

/// `from` − `factor`·`row`.
#[inline]
fn subtract(from: &mut [f64], factor: f64, row: &[f64]) {
    from.iter_mut().zip(row).for_each(|(value, of_row)| *value -= factor * of_row);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_factor() {
        // A = B·Bᵀ + 1, of which a column is whitened and coloured back.
        let size = 23;
        let b = |i: usize, j: usize| ((i * 7 + j * 13) % 11) as f64 / 11.0 - 0.4;
        let a = |i: usize, j: usize| {
            (0..size).map(|k| b(i, k) * b(j, k)).sum::<f64>() + f64::from(u8::from(i == j))
        };
        let matrix = (0..size * size).map(|at| a(at / size, at % size)).collect();
        let factor = Factor::new(size, matrix).unwrap();
        let identity = |i: usize| (0..size).map(|j| f64::from(u8::from(i == j))).collect::<Vec<f64>>();
        for i in 0..size {
            let column = factor.colour(&{
                let mut whitened: Vec<f64> = (0..size).map(|j| a(i, j)).collect();
                factor.whiten(&mut whitened);
                whitened
            });
            // U⁻ᵀ·A·e = U·e, and Uᵀ of it is A·e again.
            (0..size).for_each(|j| assert!((column[j] - a(i, j)).abs() < 1e-9));
            let mut whitened = identity(i);
            factor.whiten(&mut whitened);
            let back = factor.colour(&whitened);
            (0..size).for_each(|j| assert!((back[j] - identity(i)[j]).abs() < 1e-9));
        }
        assert!(
            (Factor::new(2, vec![2.0, 1.0, f64::NAN, 3.0]).unwrap().log_det() - 5_f64.ln()).abs() < 1e-12
        );
        assert!(Factor::new(2, vec![1.0, 2.0, 2.0, 1.0]).is_none());
    }
}
