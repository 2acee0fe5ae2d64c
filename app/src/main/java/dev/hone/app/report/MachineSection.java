package dev.hone.app.report;

/** Where the run was made, and what it took. */
final class MachineSection {
  private MachineSection() {}

  static Html of(RunReport run) {
    RunReport.Cost cost = run.cost();
    Html html = new Html().open("dl", "class", "facts");
    DataSection.fact(html, "whole run", Numbers.duration(cost.total()));
    DataSection.fact(html, "training", Numbers.duration(cost.training()));
    DataSection.fact(html, "tokens", Numbers.count(cost.tokens()));
    DataSection.fact(html, "tokens a second", Numbers.count(Math.round(cost.tokensPerSecond())));
    DataSection.fact(html, "peak memory", Numbers.bytes(cost.peakMemoryBytes()));
    DataSection.fact(html, "trained parameters", trained(cost));
    html.close();
    RunReport.Machine machine = run.machine();
    html.open("dl", "class", "machine");
    row(html, "CPU", machine.cpu());
    row(html, "Cores", Numbers.count(machine.cores()));
    row(html, "Threads used", Numbers.count(machine.threads()));
    row(html, "Memory", Numbers.bytes(machine.memoryBytes()));
    row(html, "Device", machine.device());
    row(html, "System", machine.os());
    row(html, "JDK", machine.jdk());
    row(html, "libtorch", machine.libtorch());
    row(html, "BLAS", machine.blas());
    return html.close();
  }

  private static String trained(RunReport.Cost cost) {
    String all = Numbers.parameters(cost.allParameters());
    return Numbers.parameters(cost.trainableParameters()) + " of " + all;
  }

  private static void row(Html html, String name, String value) {
    if (!value.isEmpty()) {
      html.open("div").element("dt", name).element("dd", value, "dir", "auto").close();
    }
  }
}
