//! In which clause of a statement the cursor stands, and whether an operand is complete before it.
//!
//! Owns the walk over the tokens of one level of brackets. It must not look into brackets or behind the cursor.

use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::Token;

use super::nesting::Item;

/// A part of a statement, or what stands between brackets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clause {
    /// The beginning.
    Start,
    /// The beginning of a query that something else goes before.
    Query,
    Explain,
    Create,
    Drop,
    Select,
    /// The tables of FROM.
    From,
    /// The table of a JOIN.
    Join,
    On,
    Using,
    Where,
    GroupBy,
    Having,
    OrderBy,
    Limit,
    Values,
    Show,
    /// The name of a setting.
    Set,
    /// The value of a setting.
    SetValue,
    /// The only name of the statement is a table's: DESCRIBE, DROP VIEW, UPDATE.
    OnlyTable,
    /// The assignments of an UPDATE.
    Assignments,
    /// Between brackets: arguments, lists, conditions.
    Arguments,
    /// Between the brackets of a cast.
    Cast,
    /// Between the brackets of OVER.
    Window,
    /// Between the brackets of FILTER, where nothing stands yet.
    Filter,
    /// Where only new names or values stand.
    Opaque,
}

/// What stands before the cursor, in its clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Before {
    /// Nothing that could end a part: a keyword, a comma, an operator.
    Open,
    /// An operand: a name, a literal, brackets.
    Operand,
    /// A call of a function, or whatever ends in brackets.
    Call,
    /// The `*` of a projection.
    Star,
    /// Only that keyword, which asks for another.
    Word(Keyword),
}

/// Where the walk ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct At {
    pub(super) clause: Clause,
    pub(super) before: Before,
    /// How many CASE have no END yet.
    pub(super) cases: usize,
    /// The setting that is being set.
    pub(super) setting: Vec<String>,
}

/// Walks over the items before the cursor, from `first` on.
pub(super) fn clause_at(items: &[Item], first: Clause) -> At {
    let mut at = At { clause: first, before: Before::Open, cases: 0, setting: Vec::new() };
    for (number, item) in items.iter().enumerate() {
        at.step(item, items.get(number + 1));
    }
    at
}

impl At {
    fn step(&mut self, item: &Item, next: Option<&Item>) {
        match item {
            Item::Cursor => {}
            Item::Group(_) => {
                self.before = Before::Call;
                if self.clause == Clause::Create {
                    self.clause = Clause::Opaque;
                }
            }
            Item::Token(Token::Word(word)) if word.quote_style.is_none() && word.keyword != Keyword::NoKeyword => {
                // `left(...)` and `replace(...)` are calls, whatever else the words are.
                let is_call = matches!(next, Some(Item::Group(_))) && !takes_brackets(word.keyword);
                if is_call || self.before == Before::Word(Keyword::AS) || !self.keyword(word.keyword) {
                    self.name(item);
                }
            }
            Item::Token(Token::Word(_)) => self.name(item),
            Item::Token(token) => self.sign(token),
        }
    }

    fn name(&mut self, item: &Item) {
        self.before = Before::Operand;
        if self.clause == Clause::Set {
            self.setting.extend(item.name());
        }
    }

    fn sign(&mut self, token: &Token) {
        self.before = match token {
            Token::Mul if self.clause == Clause::Select && matches!(self.before, Before::Open | Before::Word(_)) => {
                Before::Star
            }
            Token::Comma => {
                if matches!(self.clause, Clause::Join | Clause::On | Clause::Using) {
                    self.clause = Clause::From;
                }
                Before::Open
            }
            Token::Eq if self.clause == Clause::Set => {
                self.clause = Clause::SetValue;
                Before::Open
            }
            Token::DoubleColon => Before::Word(Keyword::TYPE),
            Token::RBracket | Token::Number(..) | Token::Placeholder(_) => Before::Operand,
            other if other.to_string().ends_with(['\'', '$']) => Before::Operand,
            _ => Before::Open,
        };
    }

    /// Whether the word is a keyword here; else it is a name.
    fn keyword(&mut self, keyword: Keyword) -> bool {
        use Keyword as K;
        let starts = matches!(self.clause, Clause::Start | Clause::Query | Clause::Explain);
        let clause = match keyword {
            K::SELECT => Clause::Select,
            K::FROM if matches!(self.clause, Clause::Arguments | Clause::Cast) => return self.open(self.clause),
            K::FROM if self.before == Before::Word(K::DISTINCT) && self.clause != Clause::Select => {
                return self.open(self.clause);
            }
            K::FROM => Clause::From,
            K::INTO => Clause::From,
            K::JOIN => Clause::Join,
            K::ON if matches!(self.clause, Clause::From | Clause::Join) => Clause::On,
            K::USING if matches!(self.clause, Clause::From | Clause::Join) => Clause::Using,
            K::WHERE => Clause::Where,
            K::GROUP | K::ORDER | K::PARTITION => return self.waiting(keyword),
            K::BY => match self.before {
                Before::Word(K::GROUP) => Clause::GroupBy,
                _ if self.clause == Clause::Window => Clause::Window,
                _ if self.clause == Clause::Arguments => Clause::Arguments,
                _ => Clause::OrderBy,
            },
            K::HAVING | K::QUALIFY => Clause::Having,
            K::LIMIT | K::OFFSET | K::FETCH => Clause::Limit,
            K::UNION | K::EXCEPT | K::INTERSECT => Clause::Query,
            K::VALUES => Clause::Values,
            K::EXPLAIN if starts => Clause::Explain,
            K::ANALYZE | K::VERBOSE | K::FORMAT if self.clause == Clause::Explain => Clause::Explain,
            K::SHOW if starts => Clause::Show,
            K::SET if self.clause == Clause::OnlyTable => Clause::Assignments,
            K::SET | K::RESET if starts => Clause::Set,
            K::TO if self.clause == Clause::Set => Clause::SetValue,
            K::DESCRIBE | K::DESC | K::UPDATE | K::TABLE | K::COPY if starts => Clause::OnlyTable,
            K::TO if self.clause == Clause::OnlyTable => Clause::Opaque,
            K::INSERT | K::DELETE if starts => return self.waiting(keyword),
            K::CREATE if starts => Clause::Create,
            K::DROP if starts => Clause::Drop,
            K::VIEW | K::TABLE | K::EXISTS if self.clause == Clause::Drop => Clause::OnlyTable,
            K::IF if matches!(self.clause, Clause::Drop | Clause::OnlyTable) => return self.waiting(keyword),
            K::EXISTS if self.clause == Clause::OnlyTable => Clause::OnlyTable,
            K::VIEW | K::TABLE if self.clause == Clause::Create => return self.waiting(keyword),
            K::AS if matches!(self.clause, Clause::Create | Clause::Opaque) => Clause::Query,
            K::PREPARE | K::EXECUTE | K::DEALLOCATE if starts => Clause::Opaque,
            K::COLUMNS if self.clause == Clause::Show => return self.waiting(keyword),
            _ => return self.within_expression(keyword),
        };
        self.open(clause)
    }

    fn within_expression(&mut self, keyword: Keyword) -> bool {
        use Keyword as K;
        match keyword {
            K::CASE => {
                self.cases = self.cases.saturating_add(1);
                self.open(self.clause)
            }
            K::END if self.cases > 0 => {
                self.cases = self.cases.saturating_sub(1);
                self.before = Before::Operand;
                true
            }
            K::AND | K::OR | K::WHEN | K::THEN | K::ELSE | K::LIKE | K::ILIKE | K::BETWEEN | K::ALL | K::IN => {
                self.open(self.clause)
            }
            K::AS
            | K::IS
            | K::NOT
            | K::OVER
            | K::FILTER
            | K::DISTINCT
            | K::INNER
            | K::CROSS
            | K::NATURAL
            | K::INTERVAL => self.waiting(keyword),
            K::LEFT | K::RIGHT | K::FULL | K::OUTER | K::SEMI | K::ANTI if self.is_among_tables() => {
                self.waiting(K::OUTER)
            }
            K::ASC | K::DESC | K::FIRST | K::LAST if self.clause == Clause::OrderBy => self.waiting(K::ASC),
            K::NULLS if self.clause == Clause::OrderBy => self.waiting(keyword),
            K::ROWS | K::RANGE | K::PRECEDING | K::FOLLOWING if self.clause == Clause::Window => self.waiting(K::ROWS),
            K::LATERAL if self.clause == Clause::From => self.open(Clause::From),
            _ => false,
        }
    }

    fn is_among_tables(&self) -> bool {
        matches!(self.clause, Clause::From | Clause::Join | Clause::On | Clause::Using)
    }

    fn open(&mut self, clause: Clause) -> bool {
        (self.clause, self.before) = (clause, Before::Open);
        true
    }

    fn waiting(&mut self, keyword: Keyword) -> bool {
        self.before = Before::Word(keyword);
        true
    }
}

/// Keywords that brackets follow without being a call.
fn takes_brackets(keyword: Keyword) -> bool {
    use Keyword as K;
    matches!(
        keyword,
        K::IN
            | K::AS
            | K::ON
            | K::BY
            | K::AND
            | K::OR
            | K::NOT
            | K::ALL
            | K::FROM
            | K::JOIN
            | K::USING
            | K::OVER
            | K::FILTER
            | K::WHERE
            | K::WHEN
            | K::THEN
            | K::ELSE
            | K::SELECT
            | K::VALUES
            | K::HAVING
            | K::DISTINCT
            | K::LATERAL
            | K::LIMIT
            | K::UNION
            | K::EXCEPT
            | K::INTERSECT
            | K::EXPLAIN
            | K::COPY
            | K::BETWEEN
            | K::EXISTS
    )
}
