/// Words too common to tell one subject from another.
package enum StopWords {
  /// English articles, pronouns, prepositions, conjunctions, auxiliaries and the commonest adverbs, in lower case, with and without apostrophes.
  package static let english = Set(
    """
    a about above across after again against all almost alone along already also although always am among an and another any anybody anyone
    anything are aren't around as at away be became because become becomes been before behind being below beside besides between beyond both but
    by came can can't cannot could couldn't did didn't do does doesn't doing don't done down during each either else enough etc even ever every
    everybody everyone everything everywhere except few for from further get gets getting give given go goes going gone got had hadn't has hasn't
    have haven't having he he'd he'll her here hers herself him himself his how however i i'd i'll i'm i've if in indeed instead into is isn't it
    it'd it'll its itself just keep kept know known less let like likely made make makes making many may maybe me might mine more moreover most
    mostly much must mustn't my myself near nearly neither never nevertheless next no nobody none nor not nothing now nowhere of off often on once
    one ones only onto or other others otherwise our ours ourselves out over own per perhaps quite rather really same say says see seem seemed
    seeming seems several shall shan't she she'd she'll should shouldn't since so some somebody somehow someone something sometimes somewhere
    still such take taken than that the their theirs them themselves then thence there thereby therefore these they they'd they'll they're
    they've thing things this those though through throughout thus to together too toward towards under unless until up upon us use used uses
    using usually various very via was wasn't we we'd we'll we're we've well went were weren't what whatever when whenever where whereas whereby
    wherever whether which whichever while who whoever whole whom whose why will with within without won't would wouldn't yes yet you you'd
    you'll you're you've your yours yourself yourselves
    """.split(whereSeparator: \.isWhitespace).map(String.init))
}
