package dev.hone.train.preference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.train.preference.DpoConfig.LossType;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Losses and derivatives against TRL 1.13: its own trainers were given logits of three pairs, and
 * the derivatives by the rows' sums were taken from the gradients of those logits.
 */
class LossTest {
  private static final double[] LOGS = {
    -10.424847374076576, -22.551885586609846, -2.8308119138009764,
    -9.831358232354463, -17.555237801150724, -13.860264277071941
  };
  private static final double[] REFERENCE = {
    -9.5248, -24.2519, -0.2308, -10.9314, -17.1552, -11.9603
  };
  private static final int[] TOKENS = {5, 7, 3, 3, 7, 5};

  private static Answer answer(int row, boolean reference) {
    return new Answer(LOGS[row], reference ? REFERENCE[row] : 0, TOKENS[row]);
  }

  private static void check(PairedConfig config, double loss, double... slopes) {
    double sum = 0;
    double[] actual = new double[6];
    for (int pair = 0; pair < 3; pair++) {
      PairLoss at =
          config.loss(
              answer(pair, config.usesReference()), answer(pair + 3, config.usesReference()));
      sum += at.loss();
      actual[pair] = at.byChosen();
      actual[pair + 3] = at.byRejected();
    }
    assertEquals(loss, sum, 1e-7 * Math.max(1, loss)); // TRL works on some in F32
    assertArrayEquals(slopes, actual, 1e-7);
  }

  @Test
  void sigmoid() {
    check(
        DpoConfig.defaults(),
        2.1205530348460586,
        -0.05498362037168522,
        -0.04476907993490168,
        -0.05174940471268322,
        0.05498362037168519,
        0.04476907993490169,
        0.05174940471268323);
  }

  @Test
  void withoutTheReference() {
    check(
        new DpoConfig(0.7, LossType.SIGMOID, 0, true),
        4.450205261835456,
        -0.42167450031579834,
        -0.6794346503045517,
        -0.0003103732082982637,
        0.42167450031579823,
        0.6794346503045517,
        0.00031037320829826386);
  }

  /** TRL has this loss under CPO, without a reference. */
  @Test
  void conservative() {
    check(
        new DpoConfig(0.4, LossType.SIGMOID, 0.15, true),
        3.283039627717084,
        -0.1636287001344797,
        -0.2922624886670075,
        0.055204763288915944,
        0.16362870013447964,
        0.2922624886670075,
        -0.055204763288915965);
  }

  @Test
  void hinge() {
    check(
        new DpoConfig(0.4, LossType.HINGE, 0, false),
        3.240033825564109,
        -0.4,
        -0.4,
        -0.4,
        0.4,
        0.4,
        0.4);
  }

  @Test
  void ipo() {
    check(
        new DpoConfig(0.3, LossType.IPO, 0, false),
        11.40359772346072,
        -0.8853426922788645,
        -0.3904740592704404,
        -1.4355629661239577,
        1.4755711537981073,
        0.3904740592704404,
        0.8613377796743749);
  }

  @Test
  void robust() {
    check(
        new DpoConfig(0.5, LossType.ROBUST, 0.2, false),
        2.596756205391054,
        -0.5322003375181246,
        -0.29627671043508924,
        -0.4599783440650481,
        0.5322003375181246,
        0.29627671043508924,
        0.4599783440650482);
  }

  @Test
  void sigmoidOfMeans() {
    check(
        new DpoConfig(2, LossType.SIGMOID_NORM, 0, false),
        3.1137085940137332,
        -0.2996070748890207,
        -0.10124008019359987,
        -0.4838585517291803,
        0.49934512481503435,
        0.10124008019359987,
        0.2903151310375083);
  }

  @Test
  void anchored() {
    check(
        new DpoConfig(0.3, LossType.APO_ZERO, 0, false),
        3.041004636873268,
        -0.0736494221719623,
        -0.07032692727287132,
        -0.06465678276759718,
        0.07299447172544148,
        0.07473059589082853,
        0.06922364025071191);
    check(
        new DpoConfig(0.3, LossType.APO_DOWN, 0, false),
        2.9175110634913937,
        0.005014684742558927,
        0.0023031630713347888,
        -0.009522271104735136,
        0.06863473742940335,
        0.06802376420153652,
        0.07417905387233234);
  }

  /** Without the likelihood, which is not a matter of pairs. */
  @Test
  void oddsRatio() {
    check(
        new OrpoConfig(0.25),
        0.3714568689465523,
        -0.01235930956900122,
        -0.025329252438885813,
        -0.012928357347845976,
        0.018745586276054382,
        0.026475061795541217,
        0.005053843930363655);
  }

  @Test
  void anAnswerThatIsCertainHasAFiniteSlope() {
    PairLoss certain = OrpoConfig.defaults().loss(new Answer(0, 0, 4), new Answer(-8, 0, 4));
    assertEquals(0, certain.loss(), 1e-12);
    assertTrue(Double.isFinite(certain.byChosen()) && certain.byChosen() < 0, certain.toString());
    assertEquals(0, certain.byRejected(), 1e-12);
  }

  @Test
  void meanWithAMargin() {
    check(
        SimPoConfig.defaults(),
        2.2465708665571684,
        -0.05275830464279819,
        -0.24942430057716192,
        -0.027213563743787514,
        0.08793050773799695,
        0.24942430057716194,
        0.01632813824627251);
    check(
        new SimPoConfig(1.3, 0.9, 0.1, 0),
        2.632669540174598,
        -0.0631892960020088,
        -0.1414246224956903,
        -0.037216169783322386,
        0.10531549333668129,
        0.14142462249569032,
        0.02232970186999344);
  }

  private static void check(KtoConfig config, double divergence, double loss, double... slopes) {
    boolean[] wanted = {true, false, true, true, false, false};
    double sum = 0;
    double[] actual = new double[6];
    for (int row = 0; row < 6; row++) {
      PairLoss at = config.loss(answer(row, true), wanted[row], divergence);
      sum += at.loss();
      actual[row] = at.byChosen();
    }
    assertEquals(loss, sum, 1e-7);
    assertArrayEquals(slopes, actual, 1e-7);
  }

  @Test
  void singleAnswers() {
    check(
        KtoConfig.defaults(),
        0.8,
        3.0445176104651663,
        -0.024820231491068025,
        0.024949441648259477,
        -0.02429119071182299,
        -0.02499437427771659,
        0.02491020991705812,
        0.02454986597825281);
    check(
        new KtoConfig(0.5, KtoConfig.LossType.KTO, 1.4, 0.6),
        0, // TRL was given -3, and takes at least 0
        3.325047616840995,
        -0.16643039957975658,
        0.06293166448084078,
        -0.11780845254427774,
        -0.16240444036255114,
        0.07425483192691182,
        0.06033289997105548);
    check(
        new KtoConfig(0.5, KtoConfig.LossType.APO_ZERO_UNPAIRED, 1, 1.3),
        0,
        3.620844325757493,
        -0.11887885684268326,
        0.13635193970848838,
        -0.08414889467448412,
        -0.11600317168753649,
        0.1608854691749756,
        0.13072128327062021);
  }

  @Test
  void derivativesAreThoseOfTheLoss() {
    Random random = new Random(3);
    for (int round = 0; round < 200; round++) {
      LossType type = LossType.values()[random.nextInt(LossType.values().length)];
      double flipped = type == LossType.SIGMOID || type == LossType.ROBUST ? 0.3 : 0;
      PairedConfig config =
          switch (round % 3) {
            case 0 -> new OrpoConfig(0.5);
            case 1 -> new SimPoConfig(1.5, 0.4, 0.1, 0);
            default -> new DpoConfig(0.3, type, flipped, false);
          };
      double c = -1 - 20 * random.nextDouble();
      double r = -1 - 20 * random.nextDouble();
      PairLoss at = loss(config, c, r);
      double step = 1e-5;
      double byC = (loss(config, c + step, r).loss() - loss(config, c - step, r).loss()) / 2 / step;
      double byR = (loss(config, c, r + step).loss() - loss(config, c, r - step).loss()) / 2 / step;
      assertEquals(byC, at.byChosen(), 1e-6, config.toString());
      assertEquals(byR, at.byRejected(), 1e-6, config.toString());
    }
  }

  private static PairLoss loss(PairedConfig config, double chosen, double rejected) {
    return config.loss(new Answer(chosen, -7.3, 6), new Answer(rejected, -9.1, 9));
  }

  @Test
  void farMarginsNeitherOverflowNorVanish() {
    DpoConfig config = new DpoConfig(1, LossType.SIGMOID, 0, false);
    assertEquals(
        2000, config.loss(new Answer(-3000, -1000, 5), new Answer(-9, -9, 5)).loss(), 1e-9);
    assertEquals(0, config.loss(new Answer(-9, -9, 5), new Answer(-3000, -1000, 5)).loss(), 1e-9);
  }

  @Test
  void smoothingIsRefusedWhereItMeansNothing() {
    assertThrows(
        IllegalArgumentException.class, () -> new DpoConfig(0.1, LossType.IPO, 0.1, false));
  }
}
