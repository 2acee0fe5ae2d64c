package dev.hone.app.report;

import java.util.ArrayList;
import java.util.List;

/**
 * Maps values to pixels, with round ticks.
 *
 * @param min value at pixel {@code from}
 * @param max value at pixel {@code to}
 * @param step distance of ticks
 */
record Axis(double min, double max, double step, double from, double to) {

  /** An axis that starts and ends on a tick and holds all values from low to high. */
  static Axis round(double low, double high, int ticks, double from, double to) {
    double spread = high > low ? high - low : Math.max(Math.abs(high), 1e-12);
    double step = niceStep(spread, ticks);
    double min = Math.floor(low / step + 1e-9) * step;
    double max = Math.ceil(high / step - 1e-9) * step;
    return new Axis(min, max > min ? max : min + step, step, from, to);
  }

  /** An axis that ends exactly at low and high; only its ticks are round. */
  static Axis exact(double low, double high, int ticks, double from, double to) {
    double max = high > low ? high : low + 1;
    return new Axis(low, max, niceStep(max - low, ticks), from, to);
  }

  /** 1, 2 or 5 times a power of ten, so that about that many steps make the spread. */
  static double niceStep(double spread, int ticks) {
    double raw = spread / ticks;
    double power = Math.pow(10, Math.floor(Math.log10(raw)));
    double lead = raw / power;
    return (lead <= 1.0001 ? 1 : lead <= 2.0001 ? 2 : lead <= 5.0001 ? 5 : 10) * power;
  }

  double at(double value) {
    return from + (value - min) / (max - min) * (to - from);
  }

  List<Double> ticks() {
    List<Double> ticks = new ArrayList<>();
    long first = (long) Math.ceil(min / step - 1e-9);
    for (long i = first; i * step <= max + step * 1e-6; i++) {
      ticks.add(i * step);
    }
    return ticks;
  }

  /** The tick's number with just the digits that tell it from its neighbours. */
  String label(double tick) {
    double largest = Math.max(Math.abs(min), Math.abs(max));
    if (tick == 0) {
      return "0";
    }
    if (largest < 1e-2 || largest >= 1e7) {
      int exponent = (int) Math.floor(Math.log10(Math.abs(tick)) + 1e-9);
      int digits = Math.max(0, exponent - (int) Math.floor(Math.log10(step) + 1e-9));
      String mantissa = Numbers.decimal(tick / Math.pow(10, exponent), digits);
      return mantissa.replaceFirst("\\.0+$", "") + "e" + exponent;
    }
    int digits = Math.max(0, -(int) Math.floor(Math.log10(step) + 1e-9));
    return Numbers.decimal(tick, digits);
  }
}
