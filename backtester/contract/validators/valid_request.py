"""The request, without its analysis. Made by `make docs`; do not edit."""
import re
from backtester.contract.iso_dates import is_date
REGEX_PATTERNS = {'^[A-Za-z0-9.^=_&-]{1,20}$(?!\\n)': re.compile('^[A-Za-z0-9.^=_&-]{1,20}\\Z(?!\\n)')}
NoneType = type(None)
def validate(data):
    if not isinstance(data, dict):
        raise ValueError
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['strategy', 'holdings', 'start_date', 'end_date']) - data.keys()
        if data__missing_keys:
            raise ValueError
        data_keys = set(data.keys())
        if 'schema_version' in data_keys:
            data_keys.remove('schema_version')
            data__schemaversion = data['schema_version']
            if not (isinstance(data__schemaversion, str) and data__schemaversion == '1'):
                raise ValueError
        if 'request_id' in data_keys:
            data_keys.remove('request_id')
            data__requestid = data['request_id']
            if not isinstance(data__requestid, str):
                raise ValueError
            if isinstance(data__requestid, str):
                data__requestid_len = len(data__requestid)
                if data__requestid_len < 1:
                    raise ValueError
                if data__requestid_len > 128:
                    raise ValueError
        if 'strategy' in data_keys:
            data_keys.remove('strategy')
            data__strategy = data['strategy']
            if not isinstance(data__strategy, str):
                raise ValueError
            if isinstance(data__strategy, str):
                data__strategy_len = len(data__strategy)
                if data__strategy_len < 1:
                    raise ValueError
                if data__strategy_len > 64:
                    raise ValueError
        if 'holdings' in data_keys:
            data_keys.remove('holdings')
            data__holdings = data['holdings']
            if not isinstance(data__holdings, (list,)):
                raise ValueError
            data__holdings_is_list = isinstance(data__holdings, (list,))
            if data__holdings_is_list:
                data__holdings_len = len(data__holdings)
                if data__holdings_len < 1:
                    raise ValueError
                if data__holdings_len > 500:
                    raise ValueError
                for data__holdings_x, data__holdings_item in enumerate(data__holdings):
                    if not isinstance(data__holdings_item, dict):
                        raise ValueError
                    data__holdings_item_is_dict = isinstance(data__holdings_item, dict)
                    if data__holdings_item_is_dict:
                        data__holdings_item__missing_keys = set(['symbol', 'allocation']) - data__holdings_item.keys()
                        if data__holdings_item__missing_keys:
                            raise ValueError
                        data__holdings_item_keys = set(data__holdings_item.keys())
                        if 'symbol' in data__holdings_item_keys:
                            data__holdings_item_keys.remove('symbol')
                            data__holdings_item__symbol = data__holdings_item['symbol']
                            if not isinstance(data__holdings_item__symbol, str):
                                raise ValueError
                            if isinstance(data__holdings_item__symbol, str):
                                if not REGEX_PATTERNS['^[A-Za-z0-9.^=_&-]{1,20}$(?!\\n)'].search(data__holdings_item__symbol):
                                    raise ValueError
                        if 'allocation' in data__holdings_item_keys:
                            data__holdings_item_keys.remove('allocation')
                            data__holdings_item__allocation = data__holdings_item['allocation']
                            if not isinstance(data__holdings_item__allocation, (int, float)) or isinstance(data__holdings_item__allocation, bool):
                                raise ValueError
                            if isinstance(data__holdings_item__allocation, (int, float)) and (not isinstance(data__holdings_item__allocation, bool)):
                                if data__holdings_item__allocation < 0:
                                    raise ValueError
                                if data__holdings_item__allocation > 1:
                                    raise ValueError
                        if 'expense_ratio' in data__holdings_item_keys:
                            data__holdings_item_keys.remove('expense_ratio')
                            data__holdings_item__expenseratio = data__holdings_item['expense_ratio']
                            if not isinstance(data__holdings_item__expenseratio, (int, float)) or isinstance(data__holdings_item__expenseratio, bool):
                                raise ValueError
                            if isinstance(data__holdings_item__expenseratio, (int, float)) and (not isinstance(data__holdings_item__expenseratio, bool)):
                                if data__holdings_item__expenseratio < 0:
                                    raise ValueError
                                if data__holdings_item__expenseratio > 0.5:
                                    raise ValueError
                        if data__holdings_item_keys:
                            raise ValueError
        if 'start_date' in data_keys:
            data_keys.remove('start_date')
            data__startdate = data['start_date']
            if not isinstance(data__startdate, str):
                raise ValueError
            if isinstance(data__startdate, str):
                if not is_date(data__startdate):
                    raise ValueError
        if 'end_date' in data_keys:
            data_keys.remove('end_date')
            data__enddate = data['end_date']
            if not isinstance(data__enddate, str):
                raise ValueError
            if isinstance(data__enddate, str):
                if not is_date(data__enddate):
                    raise ValueError
        if 'parameters' in data_keys:
            data_keys.remove('parameters')
            data__parameters = data['parameters']
            if not isinstance(data__parameters, dict):
                raise ValueError
        if 'initial_capital' in data_keys:
            data_keys.remove('initial_capital')
            data__initialcapital = data['initial_capital']
            if not isinstance(data__initialcapital, (int, float)) or isinstance(data__initialcapital, bool):
                raise ValueError
            if isinstance(data__initialcapital, (int, float)) and (not isinstance(data__initialcapital, bool)):
                if data__initialcapital < 1e-09:
                    raise ValueError
                if data__initialcapital > 1000000000000000.0:
                    raise ValueError
        if 'benchmark' in data_keys:
            data_keys.remove('benchmark')
            data__benchmark = data['benchmark']
            data__benchmark_any_of_count1 = 0
            if not data__benchmark_any_of_count1:
                try:
                    if not isinstance(data__benchmark, str):
                        raise ValueError
                    if isinstance(data__benchmark, str):
                        if not REGEX_PATTERNS['^[A-Za-z0-9.^=_&-]{1,20}$(?!\\n)'].search(data__benchmark):
                            raise ValueError
                    data__benchmark_any_of_count1 += 1
                except ValueError:
                    pass
            if not data__benchmark_any_of_count1:
                try:
                    if not isinstance(data__benchmark, NoneType):
                        raise ValueError
                    data__benchmark_any_of_count1 += 1
                except ValueError:
                    pass
            if not data__benchmark_any_of_count1:
                try:
                    if not isinstance(data__benchmark, dict):
                        raise ValueError
                    data__benchmark_is_dict = isinstance(data__benchmark, dict)
                    if data__benchmark_is_dict:
                        data__benchmark__missing_keys = set(['holdings']) - data__benchmark.keys()
                        if data__benchmark__missing_keys:
                            raise ValueError
                        data__benchmark_keys = set(data__benchmark.keys())
                        if 'name' in data__benchmark_keys:
                            data__benchmark_keys.remove('name')
                            data__benchmark__name = data__benchmark['name']
                            if not isinstance(data__benchmark__name, str):
                                raise ValueError
                            if isinstance(data__benchmark__name, str):
                                data__benchmark__name_len = len(data__benchmark__name)
                                if data__benchmark__name_len < 1:
                                    raise ValueError
                                if data__benchmark__name_len > 64:
                                    raise ValueError
                        if 'holdings' in data__benchmark_keys:
                            data__benchmark_keys.remove('holdings')
                            data__benchmark__holdings = data__benchmark['holdings']
                            if not isinstance(data__benchmark__holdings, (list,)):
                                raise ValueError
                            data__benchmark__holdings_is_list = isinstance(data__benchmark__holdings, (list,))
                            if data__benchmark__holdings_is_list:
                                data__benchmark__holdings_len = len(data__benchmark__holdings)
                                if data__benchmark__holdings_len < 1:
                                    raise ValueError
                                if data__benchmark__holdings_len > 500:
                                    raise ValueError
                                for data__benchmark__holdings_x, data__benchmark__holdings_item in enumerate(data__benchmark__holdings):
                                    if not isinstance(data__benchmark__holdings_item, dict):
                                        raise ValueError
                                    data__benchmark__holdings_item_is_dict = isinstance(data__benchmark__holdings_item, dict)
                                    if data__benchmark__holdings_item_is_dict:
                                        data__benchmark__holdings_item__missing_keys = set(['symbol', 'allocation']) - data__benchmark__holdings_item.keys()
                                        if data__benchmark__holdings_item__missing_keys:
                                            raise ValueError
                                        data__benchmark__holdings_item_keys = set(data__benchmark__holdings_item.keys())
                                        if 'symbol' in data__benchmark__holdings_item_keys:
                                            data__benchmark__holdings_item_keys.remove('symbol')
                                            data__benchmark__holdings_item__symbol = data__benchmark__holdings_item['symbol']
                                            if not isinstance(data__benchmark__holdings_item__symbol, str):
                                                raise ValueError
                                            if isinstance(data__benchmark__holdings_item__symbol, str):
                                                if not REGEX_PATTERNS['^[A-Za-z0-9.^=_&-]{1,20}$(?!\\n)'].search(data__benchmark__holdings_item__symbol):
                                                    raise ValueError
                                        if 'allocation' in data__benchmark__holdings_item_keys:
                                            data__benchmark__holdings_item_keys.remove('allocation')
                                            data__benchmark__holdings_item__allocation = data__benchmark__holdings_item['allocation']
                                            if not isinstance(data__benchmark__holdings_item__allocation, (int, float)) or isinstance(data__benchmark__holdings_item__allocation, bool):
                                                raise ValueError
                                            if isinstance(data__benchmark__holdings_item__allocation, (int, float)) and (not isinstance(data__benchmark__holdings_item__allocation, bool)):
                                                if data__benchmark__holdings_item__allocation < 0:
                                                    raise ValueError
                                                if data__benchmark__holdings_item__allocation > 1:
                                                    raise ValueError
                                        if data__benchmark__holdings_item_keys:
                                            raise ValueError
                        if 'rebalance_frequency' in data__benchmark_keys:
                            data__benchmark_keys.remove('rebalance_frequency')
                            data__benchmark__rebalancefrequency = data__benchmark['rebalance_frequency']
                            if not isinstance(data__benchmark__rebalancefrequency, str):
                                raise ValueError
                            if not (isinstance(data__benchmark__rebalancefrequency, str) and data__benchmark__rebalancefrequency == 'never' or (isinstance(data__benchmark__rebalancefrequency, str) and data__benchmark__rebalancefrequency == 'daily') or (isinstance(data__benchmark__rebalancefrequency, str) and data__benchmark__rebalancefrequency == 'weekly') or (isinstance(data__benchmark__rebalancefrequency, str) and data__benchmark__rebalancefrequency == 'monthly') or (isinstance(data__benchmark__rebalancefrequency, str) and data__benchmark__rebalancefrequency == 'quarterly') or (isinstance(data__benchmark__rebalancefrequency, str) and data__benchmark__rebalancefrequency == 'semiannually') or (isinstance(data__benchmark__rebalancefrequency, str) and data__benchmark__rebalancefrequency == 'annually')):
                                raise ValueError
                        if data__benchmark_keys:
                            raise ValueError
                    data__benchmark_any_of_count1 += 1
                except ValueError:
                    pass
            if not data__benchmark_any_of_count1:
                raise ValueError
        if 'risk_free_rate' in data_keys:
            data_keys.remove('risk_free_rate')
            data__riskfreerate = data['risk_free_rate']
            if not isinstance(data__riskfreerate, (int, float)) or isinstance(data__riskfreerate, bool):
                raise ValueError
            if isinstance(data__riskfreerate, (int, float)) and (not isinstance(data__riskfreerate, bool)):
                if data__riskfreerate < -0.5:
                    raise ValueError
                if data__riskfreerate > 1:
                    raise ValueError
        if 'execution' in data_keys:
            data_keys.remove('execution')
            data__execution = data['execution']
            if not isinstance(data__execution, dict):
                raise ValueError
            data__execution_is_dict = isinstance(data__execution, dict)
            if data__execution_is_dict:
                data__execution_keys = set(data__execution.keys())
                if 'timing' in data__execution_keys:
                    data__execution_keys.remove('timing')
                    data__execution__timing = data__execution['timing']
                    if not isinstance(data__execution__timing, str):
                        raise ValueError
                    if not (isinstance(data__execution__timing, str) and data__execution__timing == 'next_close' or (isinstance(data__execution__timing, str) and data__execution__timing == 'next_open') or (isinstance(data__execution__timing, str) and data__execution__timing == 'same_close')):
                        raise ValueError
                if 'lag_sessions' in data__execution_keys:
                    data__execution_keys.remove('lag_sessions')
                    data__execution__lagsessions = data__execution['lag_sessions']
                    if not isinstance(data__execution__lagsessions, int) and (not (isinstance(data__execution__lagsessions, float) and data__execution__lagsessions.is_integer())) or isinstance(data__execution__lagsessions, bool):
                        raise ValueError
                    if isinstance(data__execution__lagsessions, (int, float)) and (not isinstance(data__execution__lagsessions, bool)):
                        if data__execution__lagsessions < 0:
                            raise ValueError
                        if data__execution__lagsessions > 20:
                            raise ValueError
                if 'shares' in data__execution_keys:
                    data__execution_keys.remove('shares')
                    data__execution__shares = data__execution['shares']
                    if not isinstance(data__execution__shares, str):
                        raise ValueError
                    if not (isinstance(data__execution__shares, str) and data__execution__shares == 'fractional' or (isinstance(data__execution__shares, str) and data__execution__shares == 'whole')):
                        raise ValueError
                if 'dividends' in data__execution_keys:
                    data__execution_keys.remove('dividends')
                    data__execution__dividends = data__execution['dividends']
                    if not isinstance(data__execution__dividends, str):
                        raise ValueError
                    if not (isinstance(data__execution__dividends, str) and data__execution__dividends == 'reinvest' or (isinstance(data__execution__dividends, str) and data__execution__dividends == 'cash')):
                        raise ValueError
                if data__execution_keys:
                    raise ValueError
        if 'rebalancing' in data_keys:
            data_keys.remove('rebalancing')
            data__rebalancing = data['rebalancing']
            if not isinstance(data__rebalancing, dict):
                raise ValueError
            data__rebalancing_is_dict = isinstance(data__rebalancing, dict)
            if data__rebalancing_is_dict:
                data__rebalancing_keys = set(data__rebalancing.keys())
                if 'offset_sessions' in data__rebalancing_keys:
                    data__rebalancing_keys.remove('offset_sessions')
                    data__rebalancing__offsetsessions = data__rebalancing['offset_sessions']
                    if not isinstance(data__rebalancing__offsetsessions, int) and (not (isinstance(data__rebalancing__offsetsessions, float) and data__rebalancing__offsetsessions.is_integer())) or isinstance(data__rebalancing__offsetsessions, bool):
                        raise ValueError
                    if isinstance(data__rebalancing__offsetsessions, (int, float)) and (not isinstance(data__rebalancing__offsetsessions, bool)):
                        if data__rebalancing__offsetsessions < 0:
                            raise ValueError
                        if data__rebalancing__offsetsessions > 250:
                            raise ValueError
                if 'absolute_band' in data__rebalancing_keys:
                    data__rebalancing_keys.remove('absolute_band')
                    data__rebalancing__absoluteband = data__rebalancing['absolute_band']
                    if not isinstance(data__rebalancing__absoluteband, (int, float, NoneType)) or isinstance(data__rebalancing__absoluteband, bool):
                        raise ValueError
                    if isinstance(data__rebalancing__absoluteband, (int, float)) and (not isinstance(data__rebalancing__absoluteband, bool)):
                        if data__rebalancing__absoluteband > 1:
                            raise ValueError
                        if data__rebalancing__absoluteband <= 0:
                            raise ValueError
                if 'relative_band' in data__rebalancing_keys:
                    data__rebalancing_keys.remove('relative_band')
                    data__rebalancing__relativeband = data__rebalancing['relative_band']
                    if not isinstance(data__rebalancing__relativeband, (int, float, NoneType)) or isinstance(data__rebalancing__relativeband, bool):
                        raise ValueError
                    if isinstance(data__rebalancing__relativeband, (int, float)) and (not isinstance(data__rebalancing__relativeband, bool)):
                        if data__rebalancing__relativeband > 100:
                            raise ValueError
                        if data__rebalancing__relativeband <= 0:
                            raise ValueError
                if 'bands_checked' in data__rebalancing_keys:
                    data__rebalancing_keys.remove('bands_checked')
                    data__rebalancing__bandschecked = data__rebalancing['bands_checked']
                    if not isinstance(data__rebalancing__bandschecked, str):
                        raise ValueError
                    if not (isinstance(data__rebalancing__bandschecked, str) and data__rebalancing__bandschecked == 'daily' or (isinstance(data__rebalancing__bandschecked, str) and data__rebalancing__bandschecked == 'at_frequency')):
                        raise ValueError
                if data__rebalancing_keys:
                    raise ValueError
        if 'cash_flows' in data_keys:
            data_keys.remove('cash_flows')
            data__cashflows = data['cash_flows']
            if not isinstance(data__cashflows, (list,)):
                raise ValueError
            data__cashflows_is_list = isinstance(data__cashflows, (list,))
            if data__cashflows_is_list:
                data__cashflows_len = len(data__cashflows)
                if data__cashflows_len > 20:
                    raise ValueError
                for data__cashflows_x, data__cashflows_item in enumerate(data__cashflows):
                    if not isinstance(data__cashflows_item, dict):
                        raise ValueError
                    data__cashflows_item_is_dict = isinstance(data__cashflows_item, dict)
                    if data__cashflows_item_is_dict:
                        data__cashflows_item__missing_keys = set(['type', 'frequency']) - data__cashflows_item.keys()
                        if data__cashflows_item__missing_keys:
                            raise ValueError
                        data__cashflows_item_keys = set(data__cashflows_item.keys())
                        if 'type' in data__cashflows_item_keys:
                            data__cashflows_item_keys.remove('type')
                            data__cashflows_item__type = data__cashflows_item['type']
                            if not isinstance(data__cashflows_item__type, str):
                                raise ValueError
                            if not (isinstance(data__cashflows_item__type, str) and data__cashflows_item__type == 'contribution' or (isinstance(data__cashflows_item__type, str) and data__cashflows_item__type == 'withdrawal')):
                                raise ValueError
                        if 'amount' in data__cashflows_item_keys:
                            data__cashflows_item_keys.remove('amount')
                            data__cashflows_item__amount = data__cashflows_item['amount']
                            if not isinstance(data__cashflows_item__amount, (int, float)) or isinstance(data__cashflows_item__amount, bool):
                                raise ValueError
                            if isinstance(data__cashflows_item__amount, (int, float)) and (not isinstance(data__cashflows_item__amount, bool)):
                                if data__cashflows_item__amount > 1000000000000000.0:
                                    raise ValueError
                                if data__cashflows_item__amount <= 0:
                                    raise ValueError
                        if 'fraction' in data__cashflows_item_keys:
                            data__cashflows_item_keys.remove('fraction')
                            data__cashflows_item__fraction = data__cashflows_item['fraction']
                            if not isinstance(data__cashflows_item__fraction, (int, float)) or isinstance(data__cashflows_item__fraction, bool):
                                raise ValueError
                            if isinstance(data__cashflows_item__fraction, (int, float)) and (not isinstance(data__cashflows_item__fraction, bool)):
                                if data__cashflows_item__fraction > 1:
                                    raise ValueError
                                if data__cashflows_item__fraction <= 0:
                                    raise ValueError
                        if 'frequency' in data__cashflows_item_keys:
                            data__cashflows_item_keys.remove('frequency')
                            data__cashflows_item__frequency = data__cashflows_item['frequency']
                            if not isinstance(data__cashflows_item__frequency, str):
                                raise ValueError
                            if not (isinstance(data__cashflows_item__frequency, str) and data__cashflows_item__frequency == 'weekly' or (isinstance(data__cashflows_item__frequency, str) and data__cashflows_item__frequency == 'monthly') or (isinstance(data__cashflows_item__frequency, str) and data__cashflows_item__frequency == 'quarterly') or (isinstance(data__cashflows_item__frequency, str) and data__cashflows_item__frequency == 'semiannually') or (isinstance(data__cashflows_item__frequency, str) and data__cashflows_item__frequency == 'annually')):
                                raise ValueError
                        if 'growth_rate' in data__cashflows_item_keys:
                            data__cashflows_item_keys.remove('growth_rate')
                            data__cashflows_item__growthrate = data__cashflows_item['growth_rate']
                            if not isinstance(data__cashflows_item__growthrate, (int, float)) or isinstance(data__cashflows_item__growthrate, bool):
                                raise ValueError
                            if isinstance(data__cashflows_item__growthrate, (int, float)) and (not isinstance(data__cashflows_item__growthrate, bool)):
                                if data__cashflows_item__growthrate < -0.5:
                                    raise ValueError
                                if data__cashflows_item__growthrate > 1:
                                    raise ValueError
                        if 'start_date' in data__cashflows_item_keys:
                            data__cashflows_item_keys.remove('start_date')
                            data__cashflows_item__startdate = data__cashflows_item['start_date']
                            if not isinstance(data__cashflows_item__startdate, str):
                                raise ValueError
                            if isinstance(data__cashflows_item__startdate, str):
                                if not is_date(data__cashflows_item__startdate):
                                    raise ValueError
                        if 'end_date' in data__cashflows_item_keys:
                            data__cashflows_item_keys.remove('end_date')
                            data__cashflows_item__enddate = data__cashflows_item['end_date']
                            if not isinstance(data__cashflows_item__enddate, str):
                                raise ValueError
                            if isinstance(data__cashflows_item__enddate, str):
                                if not is_date(data__cashflows_item__enddate):
                                    raise ValueError
                        if data__cashflows_item_keys:
                            raise ValueError
        if 'costs' in data_keys:
            data_keys.remove('costs')
            data__costs = data['costs']
            if not isinstance(data__costs, dict):
                raise ValueError
            data__costs_is_dict = isinstance(data__costs, dict)
            if data__costs_is_dict:
                data__costs_keys = set(data__costs.keys())
                if 'commission_bps' in data__costs_keys:
                    data__costs_keys.remove('commission_bps')
                    data__costs__commissionbps = data__costs['commission_bps']
                    if not isinstance(data__costs__commissionbps, (int, float)) or isinstance(data__costs__commissionbps, bool):
                        raise ValueError
                    if isinstance(data__costs__commissionbps, (int, float)) and (not isinstance(data__costs__commissionbps, bool)):
                        if data__costs__commissionbps < 0:
                            raise ValueError
                        if data__costs__commissionbps > 1000:
                            raise ValueError
                if 'commission_fixed' in data__costs_keys:
                    data__costs_keys.remove('commission_fixed')
                    data__costs__commissionfixed = data__costs['commission_fixed']
                    if not isinstance(data__costs__commissionfixed, (int, float)) or isinstance(data__costs__commissionfixed, bool):
                        raise ValueError
                    if isinstance(data__costs__commissionfixed, (int, float)) and (not isinstance(data__costs__commissionfixed, bool)):
                        if data__costs__commissionfixed < 0:
                            raise ValueError
                        if data__costs__commissionfixed > 1000000.0:
                            raise ValueError
                if 'commission_per_share' in data__costs_keys:
                    data__costs_keys.remove('commission_per_share')
                    data__costs__commissionpershare = data__costs['commission_per_share']
                    if not isinstance(data__costs__commissionpershare, (int, float)) or isinstance(data__costs__commissionpershare, bool):
                        raise ValueError
                    if isinstance(data__costs__commissionpershare, (int, float)) and (not isinstance(data__costs__commissionpershare, bool)):
                        if data__costs__commissionpershare < 0:
                            raise ValueError
                        if data__costs__commissionpershare > 10000.0:
                            raise ValueError
                if 'commission_minimum' in data__costs_keys:
                    data__costs_keys.remove('commission_minimum')
                    data__costs__commissionminimum = data__costs['commission_minimum']
                    if not isinstance(data__costs__commissionminimum, (int, float)) or isinstance(data__costs__commissionminimum, bool):
                        raise ValueError
                    if isinstance(data__costs__commissionminimum, (int, float)) and (not isinstance(data__costs__commissionminimum, bool)):
                        if data__costs__commissionminimum < 0:
                            raise ValueError
                        if data__costs__commissionminimum > 1000000.0:
                            raise ValueError
                if 'slippage_bps' in data__costs_keys:
                    data__costs_keys.remove('slippage_bps')
                    data__costs__slippagebps = data__costs['slippage_bps']
                    if not isinstance(data__costs__slippagebps, (int, float)) or isinstance(data__costs__slippagebps, bool):
                        raise ValueError
                    if isinstance(data__costs__slippagebps, (int, float)) and (not isinstance(data__costs__slippagebps, bool)):
                        if data__costs__slippagebps < 0:
                            raise ValueError
                        if data__costs__slippagebps > 1000:
                            raise ValueError
                if 'expense_ratio' in data__costs_keys:
                    data__costs_keys.remove('expense_ratio')
                    data__costs__expenseratio = data__costs['expense_ratio']
                    if not isinstance(data__costs__expenseratio, (int, float)) or isinstance(data__costs__expenseratio, bool):
                        raise ValueError
                    if isinstance(data__costs__expenseratio, (int, float)) and (not isinstance(data__costs__expenseratio, bool)):
                        if data__costs__expenseratio < 0:
                            raise ValueError
                        if data__costs__expenseratio > 0.5:
                            raise ValueError
                if data__costs_keys:
                    raise ValueError
        if 'cash' in data_keys:
            data_keys.remove('cash')
            data__cash = data['cash']
            if not isinstance(data__cash, dict):
                raise ValueError
            data__cash_is_dict = isinstance(data__cash, dict)
            if data__cash_is_dict:
                data__cash_keys = set(data__cash.keys())
                if 'allocation' in data__cash_keys:
                    data__cash_keys.remove('allocation')
                    data__cash__allocation = data__cash['allocation']
                    if not isinstance(data__cash__allocation, (int, float)) or isinstance(data__cash__allocation, bool):
                        raise ValueError
                    if isinstance(data__cash__allocation, (int, float)) and (not isinstance(data__cash__allocation, bool)):
                        if data__cash__allocation < 0:
                            raise ValueError
                        if data__cash__allocation > 1:
                            raise ValueError
                if 'annual_rate' in data__cash_keys:
                    data__cash_keys.remove('annual_rate')
                    data__cash__annualrate = data__cash['annual_rate']
                    if not isinstance(data__cash__annualrate, (int, float)) or isinstance(data__cash__annualrate, bool):
                        raise ValueError
                    if isinstance(data__cash__annualrate, (int, float)) and (not isinstance(data__cash__annualrate, bool)):
                        if data__cash__annualrate < -0.5:
                            raise ValueError
                        if data__cash__annualrate > 1:
                            raise ValueError
                if data__cash_keys:
                    raise ValueError
        if 'data' in data_keys:
            data_keys.remove('data')
            data__data = data['data']
            if not isinstance(data__data, dict):
                raise ValueError
            data__data_is_dict = isinstance(data__data, dict)
            if data__data_is_dict:
                data__data_keys = set(data__data.keys())
                if 'source' in data__data_keys:
                    data__data_keys.remove('source')
                    data__data__source = data__data['source']
                    if not isinstance(data__data__source, str):
                        raise ValueError
                    data__data__source_any_of_count2 = 0
                    if not data__data__source_any_of_count2:
                        try:
                            if not (isinstance(data__data__source, str) and data__data__source == 'auto' or (isinstance(data__data__source, str) and data__data__source == 'bundled') or (isinstance(data__data__source, str) and data__data__source == 'yahoo') or (isinstance(data__data__source, str) and data__data__source == 'tiingo') or (isinstance(data__data__source, str) and data__data__source == 'stooq') or (isinstance(data__data__source, str) and data__data__source == 'csv') or (isinstance(data__data__source, str) and data__data__source == 'inline')):
                                raise ValueError
                            data__data__source_any_of_count2 += 1
                        except ValueError:
                            pass
                    if not data__data__source_any_of_count2:
                        try:
                            if isinstance(data__data__source, str):
                                data__data__source_len = len(data__data__source)
                                if data__data__source_len > 64:
                                    raise ValueError
                            data__data__source_any_of_count2 += 1
                        except ValueError:
                            pass
                    if not data__data__source_any_of_count2:
                        raise ValueError
                if 'prices' in data__data_keys:
                    data__data_keys.remove('prices')
                    data__data__prices = data__data['prices']
                    if not isinstance(data__data__prices, dict):
                        raise ValueError
                    data__data__prices_is_dict = isinstance(data__data__prices, dict)
                    if data__data__prices_is_dict:
                        data__data__prices__missing_keys = set(['dates', 'close']) - data__data__prices.keys()
                        if data__data__prices__missing_keys:
                            raise ValueError
                        data__data__prices_keys = set(data__data__prices.keys())
                        if 'dates' in data__data__prices_keys:
                            data__data__prices_keys.remove('dates')
                            data__data__prices__dates = data__data__prices['dates']
                            if not isinstance(data__data__prices__dates, (list,)):
                                raise ValueError
                            data__data__prices__dates_is_list = isinstance(data__data__prices__dates, (list,))
                            if data__data__prices__dates_is_list:
                                data__data__prices__dates_len = len(data__data__prices__dates)
                                if data__data__prices__dates_len < 1:
                                    raise ValueError
                                if data__data__prices__dates_len > 100000:
                                    raise ValueError
                        if 'close' in data__data__prices_keys:
                            data__data__prices_keys.remove('close')
                            data__data__prices__close = data__data__prices['close']
                            if not isinstance(data__data__prices__close, dict):
                                raise ValueError
                            data__data__prices__close_is_dict = isinstance(data__data__prices__close, dict)
                            if data__data__prices__close_is_dict:
                                data__data__prices__close_len = len(data__data__prices__close)
                                if data__data__prices__close_len < 1:
                                    raise ValueError
                                if data__data__prices__close_len > 600:
                                    raise ValueError
                                data__data__prices__close_keys = set(data__data__prices__close.keys())
                                for data__data__prices__close_key in data__data__prices__close_keys:
                                    if data__data__prices__close_key not in []:
                                        data__data__prices__close_value = data__data__prices__close.get(data__data__prices__close_key)
                                        if not isinstance(data__data__prices__close_value, (list,)):
                                            raise ValueError
                                        data__data__prices__close_value_is_list = isinstance(data__data__prices__close_value, (list,))
                                        if data__data__prices__close_value_is_list:
                                            data__data__prices__close_value_len = len(data__data__prices__close_value)
                                            if data__data__prices__close_value_len > 100000:
                                                raise ValueError
                                if data__data__prices__close_len != 0:
                                    data__data__prices__close_property_names = True
                                    for data__data__prices__close_key in data__data__prices__close:
                                        try:
                                            if not isinstance(data__data__prices__close_key, str):
                                                raise ValueError
                                            if isinstance(data__data__prices__close_key, str):
                                                if not REGEX_PATTERNS['^[A-Za-z0-9.^=_&-]{1,20}$(?!\\n)'].search(data__data__prices__close_key):
                                                    raise ValueError
                                        except ValueError:
                                            data__data__prices__close_property_names = False
                                    if not data__data__prices__close_property_names:
                                        raise ValueError
                        if 'open' in data__data__prices_keys:
                            data__data__prices_keys.remove('open')
                            data__data__prices__open = data__data__prices['open']
                            if not isinstance(data__data__prices__open, dict):
                                raise ValueError
                            data__data__prices__open_is_dict = isinstance(data__data__prices__open, dict)
                            if data__data__prices__open_is_dict:
                                data__data__prices__open_len = len(data__data__prices__open)
                                if data__data__prices__open_len < 1:
                                    raise ValueError
                                if data__data__prices__open_len > 600:
                                    raise ValueError
                                data__data__prices__open_keys = set(data__data__prices__open.keys())
                                for data__data__prices__open_key in data__data__prices__open_keys:
                                    if data__data__prices__open_key not in []:
                                        data__data__prices__open_value = data__data__prices__open.get(data__data__prices__open_key)
                                        if not isinstance(data__data__prices__open_value, (list,)):
                                            raise ValueError
                                        data__data__prices__open_value_is_list = isinstance(data__data__prices__open_value, (list,))
                                        if data__data__prices__open_value_is_list:
                                            data__data__prices__open_value_len = len(data__data__prices__open_value)
                                            if data__data__prices__open_value_len > 100000:
                                                raise ValueError
                                if data__data__prices__open_len != 0:
                                    data__data__prices__open_property_names = True
                                    for data__data__prices__open_key in data__data__prices__open:
                                        try:
                                            if not isinstance(data__data__prices__open_key, str):
                                                raise ValueError
                                            if isinstance(data__data__prices__open_key, str):
                                                if not REGEX_PATTERNS['^[A-Za-z0-9.^=_&-]{1,20}$(?!\\n)'].search(data__data__prices__open_key):
                                                    raise ValueError
                                        except ValueError:
                                            data__data__prices__open_property_names = False
                                    if not data__data__prices__open_property_names:
                                        raise ValueError
                        if 'dividends' in data__data__prices_keys:
                            data__data__prices_keys.remove('dividends')
                            data__data__prices__dividends = data__data__prices['dividends']
                            if not isinstance(data__data__prices__dividends, dict):
                                raise ValueError
                            data__data__prices__dividends_is_dict = isinstance(data__data__prices__dividends, dict)
                            if data__data__prices__dividends_is_dict:
                                data__data__prices__dividends_len = len(data__data__prices__dividends)
                                if data__data__prices__dividends_len < 1:
                                    raise ValueError
                                if data__data__prices__dividends_len > 600:
                                    raise ValueError
                                data__data__prices__dividends_keys = set(data__data__prices__dividends.keys())
                                for data__data__prices__dividends_key in data__data__prices__dividends_keys:
                                    if data__data__prices__dividends_key not in []:
                                        data__data__prices__dividends_value = data__data__prices__dividends.get(data__data__prices__dividends_key)
                                        if not isinstance(data__data__prices__dividends_value, (list,)):
                                            raise ValueError
                                        data__data__prices__dividends_value_is_list = isinstance(data__data__prices__dividends_value, (list,))
                                        if data__data__prices__dividends_value_is_list:
                                            data__data__prices__dividends_value_len = len(data__data__prices__dividends_value)
                                            if data__data__prices__dividends_value_len > 100000:
                                                raise ValueError
                                if data__data__prices__dividends_len != 0:
                                    data__data__prices__dividends_property_names = True
                                    for data__data__prices__dividends_key in data__data__prices__dividends:
                                        try:
                                            if not isinstance(data__data__prices__dividends_key, str):
                                                raise ValueError
                                            if isinstance(data__data__prices__dividends_key, str):
                                                if not REGEX_PATTERNS['^[A-Za-z0-9.^=_&-]{1,20}$(?!\\n)'].search(data__data__prices__dividends_key):
                                                    raise ValueError
                                        except ValueError:
                                            data__data__prices__dividends_property_names = False
                                    if not data__data__prices__dividends_property_names:
                                        raise ValueError
                        if 'traded' in data__data__prices_keys:
                            data__data__prices_keys.remove('traded')
                            data__data__prices__traded = data__data__prices['traded']
                            if not isinstance(data__data__prices__traded, dict):
                                raise ValueError
                            data__data__prices__traded_is_dict = isinstance(data__data__prices__traded, dict)
                            if data__data__prices__traded_is_dict:
                                data__data__prices__traded_len = len(data__data__prices__traded)
                                if data__data__prices__traded_len < 1:
                                    raise ValueError
                                if data__data__prices__traded_len > 600:
                                    raise ValueError
                                data__data__prices__traded_keys = set(data__data__prices__traded.keys())
                                for data__data__prices__traded_key in data__data__prices__traded_keys:
                                    if data__data__prices__traded_key not in []:
                                        data__data__prices__traded_value = data__data__prices__traded.get(data__data__prices__traded_key)
                                        if not isinstance(data__data__prices__traded_value, (list,)):
                                            raise ValueError
                                        data__data__prices__traded_value_is_list = isinstance(data__data__prices__traded_value, (list,))
                                        if data__data__prices__traded_value_is_list:
                                            data__data__prices__traded_value_len = len(data__data__prices__traded_value)
                                            if data__data__prices__traded_value_len > 100000:
                                                raise ValueError
                                if data__data__prices__traded_len != 0:
                                    data__data__prices__traded_property_names = True
                                    for data__data__prices__traded_key in data__data__prices__traded:
                                        try:
                                            if not isinstance(data__data__prices__traded_key, str):
                                                raise ValueError
                                            if isinstance(data__data__prices__traded_key, str):
                                                if not REGEX_PATTERNS['^[A-Za-z0-9.^=_&-]{1,20}$(?!\\n)'].search(data__data__prices__traded_key):
                                                    raise ValueError
                                        except ValueError:
                                            data__data__prices__traded_property_names = False
                                    if not data__data__prices__traded_property_names:
                                        raise ValueError
                        if data__data__prices_keys:
                            raise ValueError
                if 'max_gap_sessions' in data__data_keys:
                    data__data_keys.remove('max_gap_sessions')
                    data__data__maxgapsessions = data__data['max_gap_sessions']
                    if not isinstance(data__data__maxgapsessions, int) and (not (isinstance(data__data__maxgapsessions, float) and data__data__maxgapsessions.is_integer())) or isinstance(data__data__maxgapsessions, bool):
                        raise ValueError
                    if isinstance(data__data__maxgapsessions, (int, float)) and (not isinstance(data__data__maxgapsessions, bool)):
                        if data__data__maxgapsessions < 0:
                            raise ValueError
                        if data__data__maxgapsessions > 10000:
                            raise ValueError
                if 'partial_history' in data__data_keys:
                    data__data_keys.remove('partial_history')
                    data__data__partialhistory = data__data['partial_history']
                    if not isinstance(data__data__partialhistory, bool):
                        raise ValueError
                if 'ended_history' in data__data_keys:
                    data__data_keys.remove('ended_history')
                    data__data__endedhistory = data__data['ended_history']
                    if not isinstance(data__data__endedhistory, str):
                        raise ValueError
                    if not (isinstance(data__data__endedhistory, str) and data__data__endedhistory == 'stop' or (isinstance(data__data__endedhistory, str) and data__data__endedhistory == 'cash') or (isinstance(data__data__endedhistory, str) and data__data__endedhistory == 'error')):
                        raise ValueError
                if 'implausible' in data__data_keys:
                    data__data_keys.remove('implausible')
                    data__data__implausible = data__data['implausible']
                    if not isinstance(data__data__implausible, str):
                        raise ValueError
                    if not (isinstance(data__data__implausible, str) and data__data__implausible == 'warn' or (isinstance(data__data__implausible, str) and data__data__implausible == 'error')):
                        raise ValueError
                if 'periods_per_year' in data__data_keys:
                    data__data_keys.remove('periods_per_year')
                    data__data__periodsperyear = data__data['periods_per_year']
                    if not isinstance(data__data__periodsperyear, int) and (not (isinstance(data__data__periodsperyear, float) and data__data__periodsperyear.is_integer())) or isinstance(data__data__periodsperyear, bool):
                        raise ValueError
                    if isinstance(data__data__periodsperyear, (int, float)) and (not isinstance(data__data__periodsperyear, bool)):
                        if data__data__periodsperyear < 1:
                            raise ValueError
                        if data__data__periodsperyear > 366:
                            raise ValueError
                if 'refresh' in data__data_keys:
                    data__data_keys.remove('refresh')
                    data__data__refresh = data__data['refresh']
                    if not isinstance(data__data__refresh, bool):
                        raise ValueError
                if data__data_keys:
                    raise ValueError
        if 'compare' in data_keys:
            data_keys.remove('compare')
            data__compare = data['compare']
            if not isinstance(data__compare, (list,)):
                raise ValueError
            data__compare_is_list = isinstance(data__compare, (list,))
            if data__compare_is_list:
                data__compare_len = len(data__compare)
                if data__compare_len < 1:
                    raise ValueError
                if data__compare_len > 20:
                    raise ValueError
                for data__compare_x, data__compare_item in enumerate(data__compare):
                    if not isinstance(data__compare_item, dict):
                        raise ValueError
                    data__compare_item_is_dict = isinstance(data__compare_item, dict)
                    if data__compare_item_is_dict:
                        data__compare_item__missing_keys = set(['name', 'patch']) - data__compare_item.keys()
                        if data__compare_item__missing_keys:
                            raise ValueError
                        data__compare_item_keys = set(data__compare_item.keys())
                        if 'name' in data__compare_item_keys:
                            data__compare_item_keys.remove('name')
                            data__compare_item__name = data__compare_item['name']
                            if not isinstance(data__compare_item__name, str):
                                raise ValueError
                            if isinstance(data__compare_item__name, str):
                                data__compare_item__name_len = len(data__compare_item__name)
                                if data__compare_item__name_len < 1:
                                    raise ValueError
                                if data__compare_item__name_len > 64:
                                    raise ValueError
                        if 'patch' in data__compare_item_keys:
                            data__compare_item_keys.remove('patch')
                            data__compare_item__patch = data__compare_item['patch']
                            if not isinstance(data__compare_item__patch, dict):
                                raise ValueError
                        if data__compare_item_keys:
                            raise ValueError
        if 'output' in data_keys:
            data_keys.remove('output')
            data__output = data['output']
            if not isinstance(data__output, dict):
                raise ValueError
            data__output_is_dict = isinstance(data__output, dict)
            if data__output_is_dict:
                data__output_keys = set(data__output.keys())
                if 'include' in data__output_keys:
                    data__output_keys.remove('include')
                    data__output__include = data__output['include']
                    if not isinstance(data__output__include, (list,)):
                        raise ValueError
                    data__output__include_is_list = isinstance(data__output__include, (list,))
                    if data__output__include_is_list:
                        data__output__include_len = len(data__output__include)
                        if data__output__include_len > 20:
                            raise ValueError

                        def fn(var):
                            return frozenset(dict(((k, fn(v)) for k, v in var.items())).items()) if hasattr(var, 'items') else tuple((fn(v) for v in var)) if isinstance(var, (dict, list)) else (bool, var) if isinstance(var, bool) else var
                        if data__output__include_len > len(set((fn(data__output__include_x) for data__output__include_x in data__output__include))):
                            raise ValueError
                        for data__output__include_x, data__output__include_item in enumerate(data__output__include):
                            if not isinstance(data__output__include_item, str):
                                raise ValueError
                            if not (isinstance(data__output__include_item, str) and data__output__include_item == 'metrics' or (isinstance(data__output__include_item, str) and data__output__include_item == 'metrics_monthly') or (isinstance(data__output__include_item, str) and data__output__include_item == 'benchmark') or (isinstance(data__output__include_item, str) and data__output__include_item == 'series') or (isinstance(data__output__include_item, str) and data__output__include_item == 'weights') or (isinstance(data__output__include_item, str) and data__output__include_item == 'held_weights') or (isinstance(data__output__include_item, str) and data__output__include_item == 'trades') or (isinstance(data__output__include_item, str) and data__output__include_item == 'final_holdings') or (isinstance(data__output__include_item, str) and data__output__include_item == 'tables') or (isinstance(data__output__include_item, str) and data__output__include_item == 'attribution') or (isinstance(data__output__include_item, str) and data__output__include_item == 'decisions')):
                                raise ValueError
                if 'max_points' in data__output_keys:
                    data__output_keys.remove('max_points')
                    data__output__maxpoints = data__output['max_points']
                    if not isinstance(data__output__maxpoints, (int, NoneType)) and (not (isinstance(data__output__maxpoints, float) and data__output__maxpoints.is_integer())) or isinstance(data__output__maxpoints, bool):
                        raise ValueError
                    if isinstance(data__output__maxpoints, (int, float)) and (not isinstance(data__output__maxpoints, bool)):
                        if data__output__maxpoints < 2:
                            raise ValueError
                        if data__output__maxpoints > 1000000:
                            raise ValueError
                if 'precision' in data__output_keys:
                    data__output_keys.remove('precision')
                    data__output__precision = data__output['precision']
                    if not isinstance(data__output__precision, (int, NoneType)) and (not (isinstance(data__output__precision, float) and data__output__precision.is_integer())) or isinstance(data__output__precision, bool):
                        raise ValueError
                    if isinstance(data__output__precision, (int, float)) and (not isinstance(data__output__precision, bool)):
                        if data__output__precision < 1:
                            raise ValueError
                        if data__output__precision > 17:
                            raise ValueError
                if data__output_keys:
                    raise ValueError
        if 'limits' in data_keys:
            data_keys.remove('limits')
            data__limits = data['limits']
            if not isinstance(data__limits, dict):
                raise ValueError
            data__limits_is_dict = isinstance(data__limits, dict)
            if data__limits_is_dict:
                data__limits_keys = set(data__limits.keys())
                if 'timeout_seconds' in data__limits_keys:
                    data__limits_keys.remove('timeout_seconds')
                    data__limits__timeoutseconds = data__limits['timeout_seconds']
                    if not isinstance(data__limits__timeoutseconds, (int, float)) or isinstance(data__limits__timeoutseconds, bool):
                        raise ValueError
                    if isinstance(data__limits__timeoutseconds, (int, float)) and (not isinstance(data__limits__timeoutseconds, bool)):
                        if data__limits__timeoutseconds <= 0:
                            raise ValueError
                if 'memory_mb' in data__limits_keys:
                    data__limits_keys.remove('memory_mb')
                    data__limits__memorymb = data__limits['memory_mb']
                    if not isinstance(data__limits__memorymb, (int, NoneType)) and (not (isinstance(data__limits__memorymb, float) and data__limits__memorymb.is_integer())) or isinstance(data__limits__memorymb, bool):
                        raise ValueError
                    if isinstance(data__limits__memorymb, (int, float)) and (not isinstance(data__limits__memorymb, bool)):
                        if data__limits__memorymb < 16:
                            raise ValueError
                        if data__limits__memorymb > 1048576:
                            raise ValueError
                if data__limits_keys:
                    raise ValueError
        if data_keys:
            raise ValueError
    return data
