package dev.hone.app.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.app.report.RunReport.Bin;
import dev.hone.evaluate.Estimate;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ChartTest {

  @Test
  void ticksAreRoundAndCoverTheValues() {
    Axis axis = Axis.round(0.31, 4.37, 5, 100, 0);
    assertEquals(List.of("0", "1", "2", "3", "4", "5"), labels(axis));
    assertEquals(100, axis.at(0));
    assertEquals(0, axis.at(5));
    assertEquals(
        List.of("0", "2e-4", "4e-4", "6e-4", "8e-4", "1e-3"), labels(Axis.round(0, 1e-3, 5, 0, 1)));
    assertEquals(List.of("2.30", "2.31", "2.32"), labels(Axis.round(2.301, 2.318, 3, 0, 1)));
    assertEquals(List.of("0", "200", "400", "600"), labels(Axis.exact(0, 626, 4, 0, 1)));
    assertEquals(List.of("0", "5,000", "10,000"), labels(Axis.exact(0, 12_000, 3, 0, 1)));
  }

  @Test
  void anyValuesGiveAnAxisThatHoldsThem() {
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 2_000; i++) {
      double low = (random.nextDouble() - 0.5) * Math.pow(10, random.nextInt(-6, 7));
      double high =
          low + random.nextInt(4) * random.nextDouble() * Math.pow(10, random.nextInt(-6, 7));
      Axis axis = Axis.round(low, high, 5, 0, 100);
      assertTrue(axis.min() <= low + axis.step() * 1e-6 && axis.max() >= high - axis.step() * 1e-6);
      assertTrue(axis.ticks().size() >= 2 && axis.ticks().size() <= 9, axis::toString);
    }
  }

  @Test
  void thinningKeepsTheSpike() {
    double[] y = new double[10_000];
    y[7_531] = 9;
    y[7_532] = -9;
    int[] kept = LineChart.thin(y, 100);
    assertEquals(200, kept.length);
    assertTrue(Arrays.stream(kept).anyMatch(i -> i == 7_531));
    assertTrue(Arrays.stream(kept).anyMatch(i -> i == 7_532));
    assertArrayEquals(new int[] {0, 1, 2}, LineChart.thin(new double[3], 100));
  }

  @Test
  void smoothingKeepsALevelAndAStraightLineAndStepsOverNaN() {
    double[] level = new double[500];
    Arrays.fill(level, 2);
    level[100] = Double.NaN;
    for (double value : TrainingSection.smooth(level)) {
      assertEquals(2, value, 1e-12);
    }
    double[] line = new double[600];
    Arrays.setAll(line, i -> i);
    assertEquals(300, TrainingSection.smooth(line)[300], 1e-9, "no lag");
    assertArrayEquals(new double[] {3.5}, TrainingSection.smooth(new double[] {3.5}));
  }

  @Test
  void binsHoldEveryValueOnce() {
    assertEquals(List.of(), Bin.of(new int[0]));
    assertEquals(List.of(new Bin(7, 8, 2)), Bin.of(new int[] {7, 7}));
    List<Bin> bins = Bin.of(new int[] {3, 512, 90, 91, 511});
    assertEquals(5, bins.stream().mapToLong(Bin::count).sum());
    assertEquals(0, bins.getFirst().from());
    assertTrue(bins.getLast().to() > 512 && bins.size() <= 30, bins::toString);
  }

  @Test
  void numbersReadWell() {
    assertEquals("71.2\u00a0%", Numbers.percent(0.7123));
    assertEquals("±\u00a02.9", Numbers.error(new Estimate(0.7, 0.029)));
    assertEquals("", Numbers.error(new Estimate(0.7, Double.NaN)));
    assertEquals("p < 0.0001", Numbers.probability(3e-9));
    assertEquals("p = 0.01", Numbers.probability(0.0123));
    assertEquals("p = 0.0042", Numbers.probability(0.0042));
    assertEquals("9.4 s", Numbers.duration(Duration.ofMillis(9_400)));
    assertEquals("23 min 11 s", Numbers.duration(Duration.ofSeconds(1_391)));
    assertEquals("2 h 05 min", Numbers.duration(Duration.ofMinutes(125)));
    assertEquals("3.3 GiB", Numbers.bytes(3_543_348_019L));
    assertEquals("1 row", Numbers.count(1, "row"));
    assertEquals("2.4\u00a0M", Numbers.parameters(2_442_240));
    assertEquals("\ud83d\ude80\u2026", Numbers.shorten("\ud83d\ude80\ud83d\ude80\ud83d\ude80", 2));
  }

  @Test
  void unclosedElementIsNoticed() {
    assertThrows(IllegalStateException.class, () -> new Html().open("p").toString());
    assertThrows(IllegalArgumentException.class, () -> new Html().style("</style>"));
  }

  private static List<String> labels(Axis axis) {
    return axis.ticks().stream().map(axis::label).toList();
  }
}
