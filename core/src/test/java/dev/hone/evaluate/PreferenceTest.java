package dev.hone.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.hone.error.HoneException;
import dev.hone.evaluate.Preference.Sides;
import org.junit.jupiter.api.Test;

class PreferenceTest {
  @Test
  void pairsAreComparedOneByOne() {
    Sides rewards = new Sides(new double[] {1, 2, 3, 4}, new double[] {0, 3, 3, 1});
    Sides likelihoods = new Sides(new double[] {-1, -1, -1, -1}, new double[] {-2, -2, -2, -2});
    Preference preference = Preference.ofPairs(rewards, likelihoods);
    assertEquals(4, preference.rows());
    assertEquals(2.5 / 4, preference.accuracy().value(), 1e-12);
    // Of 1, 0, 0.5, 1: variance 0.229167
    assertEquals(Math.sqrt(0.6875 / 3 / 4), preference.accuracy().standardError(), 1e-12);
    assertEquals(0.75, preference.margin().value(), 1e-12);
    assertEquals(1, preference.likelier().value());
    assertEquals(0, preference.likelier().standardError());
  }

  /** Numbers of DeLong's method worked out by hand. */
  @Test
  void singlesAreComparedWithAllOthers() {
    Sides sides = new Sides(new double[] {3, 2, 0.5}, new double[] {1, 2});
    Preference preference = Preference.ofSingles(sides, sides);
    assertEquals(5, preference.rows());
    // 3 beats both, 2 beats one and ties the other, 0.5 beats none.
    assertEquals((2 + 1.5) / 6, preference.accuracy().value(), 1e-12);
    double above = (square(1 - 3.5 / 6) + square(0.75 - 3.5 / 6) + square(3.5 / 6)) / 2 / 3;
    double below = (square(2. / 3 - 3.5 / 6) + square(0.5 - 3.5 / 6)) / 1 / 2;
    assertEquals(Math.sqrt(above + below), preference.accuracy().standardError(), 1e-12);
    assertEquals(5.5 / 3 - 1.5, preference.margin().value(), 1e-12);
  }

  private static double square(double x) {
    return x * x;
  }

  @Test
  void oneKindAloneIsNoTest() {
    Sides sides = new Sides(new double[] {1}, new double[0]);
    HoneException e = assertThrows(HoneException.class, () -> Preference.ofSingles(sides, sides));
    assertEquals(
        "the test rows hold no answer that is unwanted (label false), so that no preference can be"
            + " measured; give data.split.test a larger share",
        e.getMessage());
  }
}
